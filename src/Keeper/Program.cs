using System.Runtime.InteropServices;
using HyperSpector.Engine.Mediator;
using HyperSpector.Keeper;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

// hyperspector-keeper --run <directory of the VM> --monitor <program> --uid <the monitor's user>
if (Options.Parse(args) is not { } options)
{
    Console.Error.WriteLine("hyperspector-keeper: usage: --run DIRECTORY [--monitor PROGRAM] --uid N (started by hyperspectord)");
    return 2;
}

var log = new BoundedLog("keeper", TimeProvider.System);
try
{
    // The lock ends with us, however we end; two keepers would take each other's monitor.
    using var place = Files.OpenDirectory(options.Run.Directory);
    if (!Files.TryLock(place))
    {
        log.Write("another keeper serves this VM");
        return 1;
    }

    using var stop = new EventFd();
    using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    using var keeper = new KeeperLoop(options, stop.Descriptor, log);
    keeper.Run();
    return 0;

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        stop.Set();
    }
}
catch (IOException failure)
{
    log.Write(failure.Message);
    return 1;
}
