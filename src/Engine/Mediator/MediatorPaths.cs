namespace HyperSpector.Engine.Mediator;

/// <summary>What keeper and monitor of an IDS VM have in that VM's run directory.</summary>
/// <param name="Directory">E.g. <c>/run/hyperspector/vms/edge</c>.</param>
public sealed record MediatorPaths(string Directory)
{
    /// <summary>Where the OCI runtime delivers seccomp listeners (<c>linux.seccomp.listenerPath</c>).</summary>
    public string SeccompSocket => $"{Directory}/seccomp.sock";

    /// <summary>Where the daemon speaks to the keeper.</summary>
    public string KeeperSocket => $"{Directory}/keeper.sock";

    /// <summary>The keeper: <c>pid starttime</c>.</summary>
    public string KeeperPid => $"{Directory}/keeper.pid";

    /// <summary>The monitor: <c>pid starttime</c>.</summary>
    public string MonitorPid => $"{Directory}/monitor.pid";

    /// <summary>Who serves the views of the server VMs' disks: <c>pid starttime</c>.</summary>
    public string ViewsPid => $"{Directory}/views.pid";

    /// <summary>Which BPF map is which mirror's flag, for a keeper that adopts a monitor.</summary>
    public string Mirrors => $"{Directory}/keeper.mirrors";
}
