using System.Globalization;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Sandbox;
using HyperSpector.Monitor;

// hyperspector-monitor --uid N: started by the keeper only, which hands in the descriptors of Inherited.
try
{
    if (Confinement.IsInside(args))
    {
        using var policy = new FileDescriptor(Inherited.Policy);
        SeccompPolicy.Load(policy).Apply();
        var log = new BoundedLog("monitor", TimeProvider.System);
        using var loop = new MediatorLoop(
            new FileDescriptor(Inherited.Control), Inherited.MapInFlight(), TimeProvider.System, log);
        loop.Run();
        return 0;
    }

    if (args is ["--uid", var number] && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var user) && user != 0)
    {
        Preparation.Confine(user);
        return 1;
    }

    Console.Error.WriteLine("usage: hyperspector-monitor --uid N (started by hyperspector-keeper)");
    return 2;
}
catch (IOException failure)
{
    Console.Error.WriteLine($"hyperspector-monitor: {failure.Message}");
    return 1;
}
