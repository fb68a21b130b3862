using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Mediator;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>Finds processes of ours by their pid files, and ends them.</summary>
internal static class PartFinder
{
    /// <summary>Those of all processes of ours that serve a VM 'edge' and a server VM 'web'; not the daemon's, whose pid a test knows.</summary>
    internal static List<string> PidFiles(TestHost host)
    {
        var edge = new MediatorPaths(host.Paths.MachineRun("edge"));
        return [edge.KeeperPid, edge.MonitorPid, edge.ViewsPid, $"{edge.Directory}/reader.pid", $"{host.Paths.MachineRun("web")}/reader.pid"];
    }

    /// <summary>The process that a file names; one that was killed is made anew by the daemon, or by the VM's keeper.</summary>
    internal static PartProcess WaitFor(TestHost host, string pidFile)
    {
        for (var attempt = 0; attempt < 6000; attempt++)
        {
            if (PartProcess.Find(pidFile) is { } process)
                return process;
            Thread.Sleep(10);
        }

        throw new IOException($"nobody made {pidFile} anew\n{host.DaemonLog}");
    }

    /// <summary>kill -9 of it, and waits for its end.</summary>
    internal static void Kill(TestHost host, string pidFile)
    {
        using var part = WaitFor(host, pidFile);
        _ = part.Process.Signal(Kills.SIGKILL);
        Assert.True(part.Process.WaitForEnd(TimeSpan.FromMinutes(1)));
    }
}
