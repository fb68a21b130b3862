using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts.Changes;
using HyperSpector.Engine.Images;
using HyperSpector.Engine.Machines;
using HyperSpector.Engine.Packs;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// What is there, and the operations that change it. All methods that change something run on the operation thread; the status
/// methods read only records, which are replaced whole.
/// </summary>
internal sealed partial class LiveHost : IDisposable
{
    private readonly HostPaths _paths;
    private readonly Action<string> _log;
    private readonly OperationThread _operations;
    private readonly ExitWatch _exits = new();
    private readonly IdRanges _ids = new();
    private readonly Workshop _workshop;
    private readonly MirrorWiring _mirrors;
    private readonly DiskWiring _disks;
    private readonly UplinkWatch _uplinks;
    private readonly TimeProvider _clock;

    // Written on the operation thread only, replaced whole; read from any.
    private volatile IReadOnlyDictionary<string, LiveMachine> _machines = new Dictionary<string, LiveMachine>();

    internal LiveHost(HostPaths paths, Action<string> log, OperationThread operations, TimeProvider? clock = null)
    {
        _paths = paths;
        _log = log;
        _operations = operations;
        _clock = clock ?? TimeProvider.System;
        Store = new HostStore(paths);
        Reaping.AdoptOrphans();
        _changes = new ChangeSessions();
        _workshop = new Workshop(paths, log, _clock, _changes.IsChild);
        _mirrors = new MirrorWiring(_workshop, log, _clock);
        _disks = new DiskWiring(paths, _workshop, log);
        _uplinks = new UplinkWatch(_workshop, log, _clock);
        var builder = new BuildMachine(paths, _workshop, _ids, log);
        Packs = new PackStore(paths, builder);
        Images = new ImageStore(paths, builder);
    }

    /// <summary>What is remembered.</summary>
    internal HostStore Store { get; }

    /// <summary>Software of packs.</summary>
    internal PackStore Packs { get; }

    /// <summary>Unpacked images.</summary>
    internal ImageStore Images { get; }

    /// <summary>Makes the host match a site, changing only what differs.</summary>
    /// <param name="site">What is wanted.</param>
    /// <param name="wait">Return only when every server has started; else what must wait is started later, by <see cref="Tick"/>.</param>
    /// <param name="report">Gets each step.</param>
    /// <param name="cancellation">Ends it between two steps.</param>
    internal void Apply(SiteSpec site, bool wait, Action<ProgressLine> report, CancellationToken cancellation)
    {
        // Before anything is touched.
        foreach (var (name, machine) in site.Servers.Select(s => (s.Key, s.Value.Machine)).Concat(site.Environments.Select(e => (e.Key, e.Value.Machine))))
            RuntimeTrial.Check(name, machine.Runtime);
        var diff = SiteDiff.Between(Store.Record.Machines, site);
        Images.Ensure(
            site.Servers.Values.Select(s => s.Machine.Base).Concat(site.Environments.Values.Select(e => e.Machine.Base)), report, cancellation);
        var layers = site.Environments.ToDictionary(
            e => e.Key, e => Packs.Ensure(e.Value.Packs, e.Value.Machine.Base, report, cancellation));

        foreach (var name in diff.Keep)
            Report(report, name, "create", "unchanged");
        _workshop.Switch.Prepare();
        foreach (var (name, keepState) in diff.Remove)
        {
            Step(report, name, "remove", () => Remove(name, keepState));
            if (!site.Servers.ContainsKey(name) && !site.Environments.ContainsKey(name))
                _workshop.DeleteHistory(name);
        }

        foreach (var name in diff.CreateServers)
        {
            cancellation.ThrowIfCancellationRequested();
            Step(report, name, "create", () => Make(name, site.Servers[name], null, []));
        }

        foreach (var name in diff.CreateEnvironments)
        {
            cancellation.ThrowIfCancellationRequested();
            Step(report, name, "create", () => Make(name, null, site.Environments[name], layers[name]));
        }

        foreach (var name in diff.Keep)
            UpdateKept(name, site);
        _mirrors.Match(_machines, site);
        _disks.Match(_machines, site);
        cancellation.ThrowIfCancellationRequested();

        // The watchers first: what a server does at its start is seen.
        foreach (var name in diff.CreateEnvironments.Concat(StartOrder.Of(diff.CreateServers, site)))
        {
            if (wait)
                StartInTurn(name, site, report, cancellation);
            else
                Step(report, name, "start", () => StartOrWait(_machines[name], site));
        }
    }

    /// <summary>Takes everything down.</summary>
    internal void Clear(bool keep, Action<ProgressLine> report)
    {
        // Servers last, so that they are watched to their end.
        foreach (var machine in Store.Record.Machines.Values.OrderBy(m => m.IsServer).ToList())
        {
            Step(report, machine.Name, "remove", () => Remove(machine.Name, keep));
            if (keep)
                Store.Put(machine with { Phase = MachinePhase.Kept });
            else
                _workshop.DeleteHistory(machine.Name);
        }

        foreach (var name in _workshop.Factory.ListLeftovers().ToList())
            Step(report, name, "remove", () => _workshop.Remove(name, keep, mirrorsOf: []));
        _workshop.Switch.RemoveAll();
        if (keep)
            Store.Update(record => record with { Site = null });
        else
            Store.Delete();
        RemoveTraces();
    }

    /// <summary>Removes directories of ours that have become empty; with nothing kept, the events of the base too.</summary>
    internal void RemoveTraces()
    {
        if (Store.Record.Site is null && Store.Record.Machines.Count == 0)
            _workshop.RemoveTraces();
    }

    /// <summary>Before the operation thread ends: nothing may be handed to it afterwards.</summary>
    internal void StopWatching()
    {
        _switchWatch?.Dispose();
        _switchWatch = null;
    }

    public void Dispose()
    {
        StopWatching();
        _changes.Dispose();
        _exits.Dispose();
        foreach (var machine in _machines.Values)
            machine.Dispose();
        _workshop.Dispose();
    }

    private void Make(string name, ServerSpec? server, EnvironmentSpec? environment, IReadOnlyList<string> layers)
    {
        var earlier = Store.Record.Machines.GetValueOrDefault(name);
        if (earlier is not null && !_ids.TryClaim(earlier.FirstId, Owner(name)))
            throw new IOException($"the user ids of '{name}' ({earlier.FirstId}…) are in use by another host of this machine");
        var record = new MachineRecord
        {
            Name = name,
            FirstId = earlier?.FirstId ?? _ids.Claim(Owner(name)),
            Index = earlier?.Index ?? FreeIndex(),
            Phase = MachinePhase.Making,
            Server = server,
            Environment = environment,
        };
        // On disk before anything exists, so that a crash in between leaves nothing unknown.
        Store.Put(record);
        var live = new LiveMachine(record);
        Publish(machines => machines[name] = live);
        _changes.End(name);
        _workshop.Make(live, layers);
        Store.Put(live.Record);
    }

    private void Start(string name)
    {
        var live = _machines[name];
        _workshop.Start(live);
        live.Wait = null;
        live.Record = live.Record with { Phase = MachinePhase.Ready, Started = _clock.GetUtcNow() };
        Store.Put(live.Record);
        WatchInit(live);
        WatchHealth(live);
    }

    private void Remove(string name, bool keepState)
    {
        var live = _machines.GetValueOrDefault(name);
        if (live?.Init is { } init)
            _exits.Remove(init);
        if (live is not null)
            Workshop.AskToEnd(live);
        _disks.Release(name, _machines, Store.Record.Site);
        _changes.End(name);
        _workshop.Remove(name, keepState, _mirrors.Of(name));
        _mirrors.Forget(name);
        live?.Dispose();
        Publish(machines => machines.Remove(name));
        if (keepState)
            return;
        if (Store.Record.Machines.TryGetValue(name, out var record))
            _ids.Release(record.FirstId);
        Store.Forget(name);
    }

    private void UpdateKept(string name, SiteSpec site)
    {
        var live = _machines[name];
        var health = live.Record.Machine.Health;
        if (site.Servers.TryGetValue(name, out var server))
        {
            live.Record = live.Record with { Server = server };
            // Another uplink may mean another port; its mirrors are at it before it goes up.
            if (live.Runs && _workshop.AttachPort(live))
                _mirrors.Release(name);
        }
        else
        {
            live.Record = live.Record with { Environment = site.Environments[name] };
        }

        Store.Put(live.Record);
        if (!SiteDiff.Same(health, live.Record.Machine.Health))
            WatchHealth(live);
    }

    private void Publish(Action<Dictionary<string, LiveMachine>> change)
    {
        var next = new Dictionary<string, LiveMachine>(_machines);
        change(next);
        _machines = next;
    }

    private string Owner(string name) => $"{_paths.State}:{name}";

    private int FreeIndex()
    {
        var used = Store.Record.Machines.Values.Select(m => m.Index).ToHashSet();
        return Enumerable.Range(1, 250).FirstOrDefault(i => !used.Contains(i)) is var free and > 0
            ? free
            : throw new IOException("a host carries at most 250 VMs");
    }

    private static void Step(Action<ProgressLine> report, string subject, string step, Action work)
    {
        Report(report, subject, step, "running");
        try
        {
            work();
        }
        catch (IOException error)
        {
            Report(report, subject, step, "failed", error.Message);
            throw;
        }

        Report(report, subject, step, "done");
    }

    private static void Report(Action<ProgressLine> report, string subject, string step, string state, string? detail = null) =>
        report(new ProgressLine { Subject = subject, Step = step, State = state, Detail = detail });
}
