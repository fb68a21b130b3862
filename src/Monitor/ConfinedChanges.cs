using System.Globalization;
using HyperSpector.Engine.Disks.Serving;
using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Sandbox;

namespace HyperSpector.Monitor;

/// <summary>The second image of who lists a server VM's changes: an ordinary user who may read, and nothing else, what the first one had open.</summary>
internal static class ConfinedChanges
{
    internal static int Run(string policyDescriptor)
    {
        using (var policy = new FileDescriptor(int.Parse(policyDescriptor, CultureInfo.InvariantCulture)))
            SeccompPolicy.Load(policy).Apply();
        try
        {
            ChangeServing.Run();
        }
        catch (KernelException gone) when (gone.Errno == Errno.EPIPE)
        {
            // Who asked has gone.
        }

        return 0;
    }
}
