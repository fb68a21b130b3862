using System.Globalization;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Sandbox;

namespace HyperSpector.Monitor;

/// <summary>The second image: an ordinary user without capabilities, files or network, with the descriptors of the first.</summary>
internal static class ConfinedMonitor
{
    internal static int Run(string policyDescriptor)
    {
        using (var policy = new FileDescriptor(int.Parse(policyDescriptor, CultureInfo.InvariantCulture)))
            SeccompPolicy.Load(policy).Apply();
        // Both stay open: a keeper that adopts us takes the page from here.
        using var inFlight = new FileDescriptor(Inherited.InFlight);
        using var loop = new MediatorLoop(
            new FileDescriptor(Inherited.Control), new MappedPage(inFlight), TimeProvider.System,
            new BoundedLog("monitor", TimeProvider.System));
        loop.Run();
        GC.KeepAlive(inFlight);
        return 0;
    }
}
