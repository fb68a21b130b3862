using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Hosts;

// What a reboot of the machine ended, and only that.
internal sealed partial class LiveHost
{
    /// <summary>
    /// Makes anew every VM that ran when the machine went down, on its upper layer, whatever its restart policy says about a first
    /// process that ends by itself. As for <c>up</c>: watchers and their mirrors first, so that what a server does at its start is seen.
    /// </summary>
    private void ComeBack(SiteSpec site)
    {
        var gone = _machines.Values.Where(WentWithTheMachine).OrderBy(m => m.Record.IsServer).ToList();
        if (gone.Count == 0)
            return;
        foreach (var live in gone)
        {
            live.Record = live.Record with { Restarts = 0 };
            _workshop.Report(live.Record, "machine", "info", $"{live.Record.Name}: the host was restarted; it is started again");
            Attempt(live, () => _workshop.Make(live, LayersOf(live.Record)));
        }

        _mirrors.Match(_machines, site);
        _disks.Match(_machines, site);
        foreach (var live in gone.Where(m => m.Runs))
            Attempt(live, () => StartOrWait(live, site));
    }

    // A VM in phase Ready has a run directory from before its first process starts until after its end is dealt with. The directory
    // itself lies below /run, which a reboot empties.
    private bool WentWithTheMachine(LiveMachine live) =>
        live is { Record.Phase: MachinePhase.Ready, Runs: false, RestartAt: null } && !Directory.Exists(_paths.MachineRun(live.Record.Name));

    // One VM that cannot come back yet, say because a volume is not mounted, keeps no other from it: it is tried again.
    private void Attempt(LiveMachine live, Action step)
    {
        try
        {
            step();
        }
        catch (IOException error)
        {
            _workshop.TakeDown(live);
            TryLater(live, error);
        }
    }
}
