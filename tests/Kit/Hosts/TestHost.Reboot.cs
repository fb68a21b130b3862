namespace HyperSpector.Tests.Kit.Hosts;

/// <summary>The machine goes down and comes up again.</summary>
public sealed partial class TestHost
{
    /// <summary>
    /// Leaves of the host what a loss of power leaves: the state directory and the cache. No process, mount, cgroup, interface, rule
    /// or file below /run survives. The daemon is not started.
    /// </summary>
    public void Reboot()
    {
        KillDaemon();
        EndEverything();
        // With the namespace go its interfaces, nft tables and sysctl settings, and the note of what was changed there.
        Network.Dispose();
        Network = new TestNetwork(Name);
        if (Directory.Exists("/run/hyperspector-net"))
        {
            foreach (var note in Directory.GetFiles("/run/hyperspector-net").Where(f => OwnerOf(f).Contains($"\"{Name}\"", StringComparison.Ordinal)))
                File.Delete(note);
        }

        Directory.Delete(Paths.Run, recursive: true);
    }
}
