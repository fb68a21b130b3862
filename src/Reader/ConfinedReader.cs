using System.Globalization;
using System.Runtime.InteropServices;
using HyperSpector.Engine.Events;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Sandbox;

namespace HyperSpector.Reader;

/// <summary>The second image: without privilege, with the descriptors that the first one opened.</summary>
internal static class ConfinedReader
{
    private const int Fixed = 6; // plan, policy, inotify, spool, log, FIFO; then the outputs

    internal static int Run(string[] arguments)
    {
        var descriptors = arguments[1].Split(',').Select(Inherit).ToArray();
        var plan = Preparation.Load(descriptors[0]!);
        using var stop = new EventFd();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        SeccompPolicy.Load(descriptors[1]!).Apply();

        using var spool = descriptors[3] is { } place ? Spool.Open(place, TimeProvider.System, plan.SpoolLimit, EventLimits.SpoolBatch) : null;
        using var log = descriptors[4] is { } logPlace ? LogStore.Open(logPlace, plan.Machine, TimeProvider.System) : null;
        var outputs = spool is null
            ? null
            : new OutputFollowers(plan, [.. descriptors.Skip(Fixed).Select(d => d!)], spool, TimeProvider.System);
        using var loop = new ReaderLoop(new Inotify(descriptors[2]!), stop, descriptors[5], log, spool, outputs);
        loop.Run();
        return 0;
    }

    private static FileDescriptor? Inherit(string number) =>
        int.Parse(number, CultureInfo.InvariantCulture) is >= 0 and var descriptor ? new FileDescriptor(descriptor) : null;

    private static void Stop(PosixSignalContext context, EventFd stop)
    {
        context.Cancel = true;
        stop.Set();
    }
}
