using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts.Health;

namespace HyperSpector.Engine.Hosts;

// When a VM is started: after what it depends on, and, where asked for, only once its IDS captures. And how it fares then.
internal sealed partial class LiveHost
{
    private const int SIGKILL = 9;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    /// <summary>Starts a VM when everything it waits for is there; fails when that cannot be, or takes too long.</summary>
    private void StartInTurn(string name, SiteSpec site, Action<ProgressLine> report, CancellationToken cancellation)
    {
        if (Missing(name, site) is { } missing)
        {
            Report(report, name, "wait", "running", $"for {missing}");
            try
            {
                Await(name, site, cancellation);
            }
            catch (IOException error)
            {
                Report(report, name, "wait", "failed", error.Message);
                throw;
            }

            Report(report, name, "wait", "done");
        }

        Step(report, name, "start", () => Start(name));
    }

    /// <summary>Starts a VM, or leaves it to <see cref="Tick"/> to start it when everything it waits for is there.</summary>
    private void StartOrWait(LiveMachine live, SiteSpec site, bool dependencies = true)
    {
        if (Missing(live.Record.Name, site, dependencies) is not { } missing)
        {
            Start(live.Record.Name);
            return;
        }

        // As one that is half made: if we die now, it is made anew.
        live.Record = live.Record with { Phase = MachinePhase.Making };
        Store.Put(live.Record);
        live.Wait = new StartWait(missing, _clock.GetUtcNow(), dependencies);
    }

    private void LookAtWaiting(LiveMachine live, StartWait wait)
    {
        var record = live.Record;
        if (!live.Runs)
        {
            live.Wait = null;
            Ended(live, status: null);
        }
        else if (Store.Record.Site is not { } site || Missing(record.Name, site, wait.Dependencies) is not { } missing)
        {
            Start(record.Name);
        }
        else
        {
            var late = !wait.Reported && record.Server is { } server && _clock.GetUtcNow() - wait.Since > server.StartWithin;
            live.Wait = wait with { For = missing, Reported = wait.Reported || late };
            if (late)
                _workshop.Report(record, "machine", "high", $"{record.Name}: is not started: it waits for {missing}");
        }
    }

    private void Await(string name, SiteSpec site, CancellationToken cancellation)
    {
        var limit = site.Servers[name].StartWithin;
        var since = _clock.GetTimestamp();
        var looked = since;
        while (Missing(name, site) is { } missing)
        {
            cancellation.ThrowIfCancellationRequested();
            _machines[name].Wait = new StartWait(missing, _clock.GetUtcNow(), Dependencies: true);
            if (Hopeless(name, site) is { } why)
                throw new IOException($"{name}: not started: {why}");
            if (_clock.GetElapsedTime(since) > limit)
                throw new IOException($"{name}: not started: waited {limit.TotalSeconds:0} s for {missing}; 'start_within' gives it more time");
            // We are on the thread that looks after all the others.
            if (_clock.GetElapsedTime(looked) > s_second)
            {
                looked = _clock.GetTimestamp();
                LookAfterAll();
            }

            Thread.Sleep(s_look);
        }
    }

    /// <summary>What a VM still waits for; null if it may start.</summary>
    private string? Missing(string name, SiteSpec site, bool dependencies = true)
    {
        if (!site.Servers.TryGetValue(name, out var server))
            return null;
        foreach (var dependency in dependencies ? server.DependsOn : [])
        {
            var other = _machines.GetValueOrDefault(dependency.Server);
            if (other is not { Runs: true, Record.Phase: MachinePhase.Ready })
                return $"'{dependency.Server}' to run";
            if (dependency.Until == DependencyState.Healthy && other.Health?.State != HealthState.Healthy)
                return $"'{dependency.Server}' to be healthy";
        }

        return server.Start == StartMoment.Captured && Watchers(name, site).FirstOrDefault(e => !_mirrors.Captures(e, name)) is { } blind
            ? $"the IDS of '{blind}' to capture"
            : null;
    }

    // What no waiting mends: nothing is started again while an operation is under way.
    private string? Hopeless(string name, SiteSpec site)
    {
        var server = site.Servers[name];
        foreach (var dependency in server.DependsOn)
        {
            if (_machines.GetValueOrDefault(dependency.Server) is not { Runs: true } other)
                return $"'{dependency.Server}', which it depends on, does not run; see 'hyperspector logs {dependency.Server}'";
            if (dependency.Until == DependencyState.Healthy && other.Health?.State == HealthState.Unhealthy)
                return $"'{dependency.Server}', which it depends on, is unhealthy: its health check fails";
        }

        return server.Start == StartMoment.Captured && Watchers(name, site).FirstOrDefault(e => _machines.GetValueOrDefault(e)?.Runs != true) is { } gone
            ? $"the IDS VM of '{gone}', which is to capture first, does not run; see 'hyperspector logs {gone}'"
            : null;
    }

    private static IEnumerable<string> Watchers(string server, SiteSpec site) =>
        site.Environments.Where(e => e.Value.Watch.Contains(server)).Select(e => e.Key);

    private void WatchHealth(LiveMachine live)
    {
        live.Health?.Dispose();
        live.Health = null;
        if (live.Runs && live.Record.Machine.Health is { } spec)
            live.Health = _workshop.WatchHealth(live, spec, Turned);

        // On the watch's thread; a daemon that ends takes no more operations.
        void Turned(HealthWatch watch, HealthState state)
        {
            try
            {
                _ = _operations.RunAsync(() => HealthTurned(live, watch, state));
            }
            catch (InvalidOperationException)
            {
                watch.Dispose();
            }
        }
    }

    private void HealthTurned(LiveMachine live, HealthWatch watch, HealthState state)
    {
        // The VM may have ended, or been given another check, between the turn and ours.
        if (!ReferenceEquals(live.Health, watch) || !live.Runs)
            return;
        var name = live.Record.Name;
        if (state == HealthState.Healthy)
        {
            _workshop.Report(live.Record, "health", "info", $"{name}: is healthy");
            return;
        }

        var restart = live.Record.Machine.Health is { Restart: true };
        _workshop.Report(live.Record, "health", "medium", $"{name}: is unhealthy: its check fails{(restart ? "; it is ended, to be started again" : "")}");
        if (restart)
            _ = live.Init!.Signal(SIGKILL);
    }
}
