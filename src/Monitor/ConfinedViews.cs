using System.Globalization;
using HyperSpector.Engine.Disks.Serving;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Sandbox;

namespace HyperSpector.Monitor;

/// <summary>The second image of who serves the views: an ordinary user who may read, and nothing else, what the first one had open.</summary>
internal static class ConfinedViews
{
    internal static int Run(string policyDescriptor, string pulseDescriptor)
    {
        // While the filter does not forbid it.
        if (pulseDescriptor != ViewPreparation.NoPulse)
            Pulse.Hold(new FileDescriptor(int.Parse(pulseDescriptor, CultureInfo.InvariantCulture)));
        using (var policy = new FileDescriptor(int.Parse(policyDescriptor, CultureInfo.InvariantCulture)))
            SeccompPolicy.Load(policy).Apply();
        ViewServing.Run(new BoundedLog("views", TimeProvider.System));
        return 0;
    }
}
