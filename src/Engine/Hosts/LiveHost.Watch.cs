using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Network.Switch;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Hosts;

// Looking after what runs: ends and restarts of VMs, our own processes, ports, counters; and taking over from a daemon that died.
internal sealed partial class LiveHost
{
    private readonly Lock _rulesLock = new();
    private SwitchWatch? _switchWatch;
    private DateTimeOffset? _rulesWrongSince;

    // Written under _rulesLock, replaced whole; read from any thread.
    private volatile IReadOnlyList<string> _foreign = [];
    private int _lookPending;

    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    // A VM that has run this long starts its restart pauses from the beginning again.
    private static readonly TimeSpan s_settled = TimeSpan.FromMinutes(1);

    /// <summary>Once a second.</summary>
    internal void Tick()
    {
        var now = _clock.GetUtcNow();
        foreach (var live in _machines.Values)
        {
            if (live.RestartAt <= now)
                Restart(live);
            else if (live.Wait is { } wait)
                LookAtWaiting(live, wait);
        }

        LookAfterAll();
    }

    // What is done also while an operation waits.
    private void LookAfterAll()
    {
        foreach (var live in _machines.Values)
        {
            if (!live.Runs || !_workshop.LookAfterParts(live))
                continue;
            _mirrors.Tell(live.Record);
            _disks.Forget(live.Record.Name);
            if (Store.Record.Site is { } site)
                _disks.Match(_machines, site);
        }

        _mirrors.Look(_machines, thorough: false);
        _uplinks.Look(_machines.Values, thorough: false);
        if (_rulesWrongSince is { } since)
            RulesChanged(since);
        _workshop.ReapOrphans(_machines.Values);
    }

    /// <summary>Makes what is there match what was asked for before the last daemon ended, however it ended.</summary>
    internal void Resume()
    {
        _switchWatch = new SwitchWatch(RulesChanged, LinksChanged, _clock);
        var record = Store.Record;
        foreach (var name in _workshop.Factory.ListLeftovers().Where(n => !record.Machines.ContainsKey(n)).ToList())
            _workshop.Remove(name, keepState: false, mirrorsOf: []);
        _ids.ReleaseStray(Owner(""), record.Machines.Values.Select(m => m.FirstId));
        if (record.Machines.Count == 0 && record.Site is null)
        {
            _workshop.Switch.RemoveAll();
            return;
        }

        _workshop.Switch.Prepare();
        foreach (var machine in record.Machines.Values.Where(m => m.Phase != MachinePhase.Kept))
        {
            if (!_ids.TryClaim(machine.FirstId, Owner(machine.Name)))
                throw new IOException($"the user ids of '{machine.Name}' ({machine.FirstId}…) are in use by another host of this machine");
            if (machine.Phase == MachinePhase.Making || !Wanted(machine))
                Remove(machine.Name, keepState: Wanted(machine));
            else
                Adopt(machine);
        }

        if (Store.Record.Site is not { } site)
        {
            Clear(keep: true, _ => { });
            return;
        }

        _mirrors.Match(_machines, site);
        _disks.Match(_machines, site);
        Apply(site, wait: false, line => _log($"resume: {line.Subject} {line.Step} {line.State} {line.Detail}".TrimEnd()), CancellationToken.None);
        ComeBack(site);
        foreach (var live in _machines.Values.Where(m => m.Record.Phase == MachinePhase.Ready && m is { Runs: false, RestartAt: null }))
            Ended(live, status: null);
    }

    // What is in the way now and was not before is an event; so is its end.
    private void LookAtForeignRules()
    {
        // Of a NIC's network nothing is forwarded by the base.
        var now = _machines.Values.Any(m => m is { Record.Server.Uplink: null or { Nic: null } }) ? ForeignRules.InTheWay() : [];
        var before = _foreign;
        _foreign = now;
        if (now.Except(before).ToList() is { Count: > 0 } come)
        {
            _workshop.ReportSwitch("firewall", "medium", "another program's rules drop what published ports forward, or what server VMs send: "
                + $"{string.Join("; ", come)}; docs/coexistence.md says how to let it pass");
        }

        if (before.Count > 0 && now.Count == 0)
            _workshop.ReportSwitch("firewall", "info", "no rule of another program is in the way of published ports any more");
    }

    // On the watch's thread, not in the operations' turn: fetching a pack may take minutes, an open switch may not.
    private void RulesChanged(DateTimeOffset since)
    {
        lock (_rulesLock)
        {
            since = _rulesWrongSince ?? since;
            try
            {
                var wrong = _workshop.Switch.RestoreRules();
                _rulesWrongSince = null;
                LookAtForeignRules();
                if (wrong.Count > 0)
                {
                    _workshop.ReportSwitch("blind", "high", $"another program changed or removed the switch's nft rules ({string.Join(", ", wrong)}): "
                        + $"it was open {Interval.Text(since, _clock.GetUtcNow())}; they are restored, copying went on");
                }
            }
            catch (IOException error)
            {
                // Tried again once a second. The rules of a port that is just vanishing cannot be made.
                _rulesWrongSince = since;
                _log($"the switch's nft rules cannot be restored yet: {error.Message}");
            }
        }
    }

    // In the operations' turn; one that waits is enough.
    private void LinksChanged(DateTimeOffset since)
    {
        if (Interlocked.Exchange(ref _lookPending, 1) == 1)
            return;
        _ = _operations.RunAsync(() =>
        {
            _ = Interlocked.Exchange(ref _lookPending, 0);
            _mirrors.Look(_machines, thorough: true);
            _uplinks.Look(_machines.Values, thorough: true);
        });
    }

    private bool Wanted(MachineRecord machine) =>
        Store.Record.Site is { } site && (site.Servers.ContainsKey(machine.Name) || site.Environments.ContainsKey(machine.Name));

    private void Adopt(MachineRecord record)
    {
        var live = new LiveMachine(record);
        Publish(machines => machines[record.Name] = live);
        live.Init = _workshop.FindInit(record.Name);
        if (!live.Runs)
            return;
        _workshop.Adopt(live);
        live.BaseMoved = _workshop.Factory.CurrentGeneration(record.Machine.Base) != record.Generation;
        WatchInit(live);
        WatchHealth(live);
    }

    private void WatchInit(LiveMachine live)
    {
        if (live.Init is not { } init)
            return;
        _exits.Add(init, () => _operations.RunAsync(() =>
        {
            // The machine may have been made anew between the end and our turn.
            if (ReferenceEquals(live.Init, init))
                Ended(live, Reaping.TryReap(init));
        }));
    }

    /// <summary>A VM's first process has ended; <paramref name="status"/> is null when nobody can tell how.</summary>
    private void Ended(LiveMachine live, ExitStatus? status)
    {
        var record = live.Record;
        var how = status?.ToString() ?? "unknown status";
        _workshop.Report(record, "machine", status is { Succeeded: true } ? "info" : "medium", $"{record.Name}: first process ended ({how})");
        var again = record.Machine.Restart switch
        {
            RestartPolicy.Always => true,
            RestartPolicy.OnFailure => status is not { Succeeded: true },
            _ => false,
        };
        live.Problem = status is { Succeeded: true } ? null : $"its first process ended with {how}; see 'hyperspector logs {record.Name}'";
        _mirrors.Lost(record.Name);
        _disks.Release(record.Name, _machines, Store.Record.Site);
        _changes.End(record.Name);
        _workshop.TakeDown(live);
        if (!again)
        {
            live.Record = record with { Phase = MachinePhase.Stopped };
            Store.Put(live.Record);
            return;
        }

        var now = _clock.GetUtcNow();
        var settled = record.Started is { } started && now - started > s_settled;
        live.Record = record with { Restarts = settled ? 1 : record.Restarts + 1 };
        Store.Put(live.Record);
        var pause = TimeSpan.FromMilliseconds(100 * Math.Pow(2, Math.Min(live.Record.Restarts - 1, 10)));
        live.RestartAt = now + (pause < s_longestPause ? pause : s_longestPause);
    }

    /// <summary>
    /// Starts what runs no more, whatever its restart policy waits for: after 'up' everything runs. The pauses begin anew.
    /// </summary>
    internal void Revive(SiteSpec site, Action<ProgressLine> report)
    {
        foreach (var live in _machines.Values.Where(m => !m.Runs).OrderBy(m => m.Record.IsServer).ToList())
        {
            if (live.Init is { } init)
            {
                // It has ended a moment ago, and its turn would come after ours.
                _exits.Remove(init);
                Ended(live, Reaping.TryReap(init));
            }

            live.Record = live.Record with { Phase = MachinePhase.Ready, Restarts = 0 };
            Store.Put(live.Record);
            Step(report, live.Record.Name, "start", () => Remake(live, site));
        }
    }

    private void Restart(LiveMachine live)
    {
        try
        {
            Remake(live, Store.Record.Site);
        }
        catch (IOException)
        {
            // Said, and tried again later.
        }
    }

    private void Remake(LiveMachine live, SiteSpec? site)
    {
        live.RestartAt = null;
        try
        {
            _workshop.Make(live, LayersOf(live.Record));
            if (site is null)
            {
                Start(live.Record.Name);
                return;
            }

            _mirrors.Match(_machines, site);
            _disks.Match(_machines, site);
            StartOrWait(live, site, dependencies: false);
        }
        catch (IOException error)
        {
            TryLater(live, error);
            throw;
        }
    }

    private IReadOnlyList<string> LayersOf(MachineRecord record)
    {
        Images.Ensure([record.Machine.Base], _ => { }, CancellationToken.None);
        return record.Environment is { } environment
            ? Packs.Ensure(environment.Packs, environment.Machine.Base, _ => { }, CancellationToken.None)
            : [];
    }

    private void TryLater(LiveMachine live, IOException error)
    {
        live.Problem = error.Message;
        live.RestartAt = _clock.GetUtcNow() + s_longestPause;
        _workshop.Report(live.Record, "machine", "medium", $"{live.Record.Name}: could not be started again: {error.Message}");
    }
}
