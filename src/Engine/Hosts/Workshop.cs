using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Events;
using HyperSpector.Engine.Hosts.Health;
using HyperSpector.Engine.Images;
using HyperSpector.Engine.Integrity.Signing;
using HyperSpector.Engine.Machines;
using HyperSpector.Engine.Mediator;
using HyperSpector.Engine.Network.Switch;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Hosts;

/// <summary>Makes, starts, serves and removes single VMs: the machine itself, its port, and our processes that serve it.</summary>
internal sealed class Workshop : IDisposable
{
    // As other tools have it: what does not end by then does not want to.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly HostPaths _paths;
    private readonly Action<string> _log;
    private readonly TimeProvider _clock;
    private readonly AcceptanceDesk _desk;
    private readonly HealthCheck _health;

    // Whom somebody else has started, and reaps.
    private readonly Func<int, bool> _isChild;
    private readonly Parts _parts;
    private readonly BaseEvents _events;

    internal Workshop(HostPaths paths, Action<string> log, TimeProvider clock, Func<int, bool>? isChild = null)
    {
        _isChild = isChild ?? (_ => false);
        _paths = paths;
        _desk = new AcceptanceDesk(paths);
        _log = log;
        _clock = clock;
        Factory = new MachineFactory(paths, Runtime.Probe());
        _health = new HealthCheck(paths, Factory);
        Switch = new VirtualSwitch(paths, VirtualSwitch.InstalledProgram);
        _parts = new Parts(paths, log, clock);
        _events = new BaseEvents(paths, clock);
    }

    internal MachineFactory Factory { get; }

    internal VirtualSwitch Switch { get; }

    /// <summary>Begins to check a VM's health.</summary>
    internal HealthWatch WatchHealth(LiveMachine live, HealthSpec spec, Action<HealthWatch, HealthState> turned)
    {
        var name = live.Record.Name;
        var space = HealthCheck.PidSpaceOf(live.Init!.Pid);
        return HealthWatch.Start(
            spec, live.Record.Started ?? _clock.GetUtcNow(), () => _health.Passes(name, space, spec.Run, spec.Timeout), turned,
            text => _log($"{name}: {text}"), _clock);
    }

    internal string BaseSpoolDirectory => _events.Directory;

    /// <summary>Makes a VM up to the point where its first process waits to be started; undoes what it did if it cannot.</summary>
    internal void Make(LiveMachine live, IReadOnlyList<string> packLayers)
    {
        var record = live.Record;
        try
        {
            if (record.Environment is { } environment)
            {
                MakeOutputDirectories(record, environment);
                if (environment.Watch.Count > 0)
                    _desk.Prepare(record.Name);
                _ = _parts.EnsureKeeper(record);
            }

            using var views = record.Environment is null ? null : MakeViews(record);
            var created = Factory.Create(MachinePlans.For(_paths, record, packLayers) with { Views = views?.Mounts ?? [] });
            live.Init = PidFd.TryOpen(created.Pid)
                ?? throw new IOException($"{record.Name}: its first process died while it was made; see 'hyperspector logs {record.Name}'");
            live.Record = record with { Generation = created.Generation };
            live.BaseMoved = false;
            if (record.Server is not null)
                _ = AttachPort(live);
            else
                HandDiagnosticSocket(live);
            if (views is not null)
                HandViews(record.Name, views);
            _parts.EnsureReader(ReaderPlans.For(_paths, record));
        }
        catch
        {
            live.Dispose();
            live.Init = null;
            Remove(record.Name, keepState: true, mirrorsOf: []);
            throw;
        }
    }

    /// <summary>What a VM uses; null if nobody counts it.</summary>
    internal ResourceUsage? UsageOf(string name) => new CgroupUsage(Cgroups.Hierarchies()).Read(_paths.CgroupPath(name));

    /// <summary>Lets the first process run.</summary>
    internal void Start(LiveMachine live)
    {
        Factory.Start(live.Record.Name);
        live.Problem = null;
    }

    /// <summary>
    /// Lets a first process that has a stop signal end in order, for a while. Others are killed: as first process of a PID namespace
    /// a program ignores every signal that it has no handler for (pid_namespaces(7)), and waiting would be in vain.
    /// </summary>
    internal static void AskToEnd(LiveMachine live)
    {
        if (live.Init is { HasEnded: false } init && live.Record.Machine.StopSignal is { } name && Signals.NumberOf(name) is { } signal
            && init.Signal(signal))
            _ = init.WaitForEnd(s_patience);
    }

    /// <summary>Makes a server VM's port, or brings the one it has up to date.</summary>
    /// <returns>True if the port is another one than before.</returns>
    internal bool AttachPort(LiveMachine live)
    {
        var server = live.Record.Server!;
        return Switch.AttachServer(
            live.Record.Name, live.Init!.Pid, AddressPlan.For(_paths.Name, live.Record.Index), server.Publish, server.Uplink).Created;
    }

    /// <summary>Takes charge of a running VM that an earlier daemon made.</summary>
    internal void Adopt(LiveMachine live)
    {
        if (live.Record.Server is not null)
            _ = AttachPort(live);
        _ = LookAfterParts(live);
    }

    /// <summary>The first process of a VM, if it runs.</summary>
    internal PidFd? FindInit(string name) =>
        Factory.Inspect(name) is { Status: "running", Pid: > 0 } process ? PidFd.TryOpen(process.Pid) : null;

    /// <summary>Starts those of our processes that should serve a VM and do not; true if a keeper must be told everything again.</summary>
    internal bool LookAfterParts(LiveMachine live)
    {
        _parts.EnsureReader(ReaderPlans.For(_paths, live.Record));
        if (live.Record.Environment is null || !_parts.EnsureKeeper(live.Record))
            return false;
        HandDiagnosticSocket(live);
        return true;
    }

    /// <summary>Starts a reader for a VM of which only the log is kept.</summary>
    internal void StartLogReader(string name, uint firstId) => _parts.EnsureReader(ReaderPlans.LogOnly(_paths, name, firstId));

    /// <summary>Removes what is left of a VM whose first process has ended, but for its files.</summary>
    internal void TakeDown(LiveMachine live)
    {
        live.Dispose();
        live.Init = null;
        Factory.End(live.Record.Name);
        if (live.Record.IsServer)
            Switch.DetachServer(live.Record.Name);
        // Before the run directory goes: their pid files are in it, and the VM's last words in its FIFO.
        _parts.Stop(live.Record.Name);
        Factory.Remove(live.Record.Name, keepState: true);
    }

    /// <summary>Removes a VM and everything that belongs to it. Not an error if little or nothing is there.</summary>
    internal void Remove(string name, bool keepState, IReadOnlyList<(string Environment, string Server)> mirrorsOf)
    {
        foreach (var (environment, server) in mirrorsOf)
            Switch.DetachMirror(server, environment);
        Factory.End(name);
        Switch.DetachServer(name);
        _parts.Stop(name);
        Factory.Remove(name, keepState);
    }

    /// <summary>Removes what was seen of a VM and what it said.</summary>
    internal void DeleteHistory(string name)
    {
        foreach (var directory in new[] { Spool.DirectoryOf(_paths, name), LogStore.DirectoryOf(_paths, name) })
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
    }

    internal IEnumerable<PartStatus> PartsOf(LiveMachine live) => _parts.StatusOf(live.Record);

    internal KeeperClient KeeperOf(string environment) => _parts.Connect(environment);

    /// <summary>Puts an event of the base itself into its spool.</summary>
    internal void Report(MachineRecord record, string kind, string severity, string summary)
    {
        _log(summary);
        _events.Add(
            kind, severity, summary, environment: record.Environment is null ? null : record.Name, server: record.IsServer ? record.Name : null);
    }

    /// <summary>Puts an event about a mirror port into the base's spool.</summary>
    internal void ReportMirror(string environment, string server, string kind, string severity, string summary)
    {
        _log(summary);
        _events.Add(kind, severity, summary, environment, server);
    }

    /// <summary>Puts an event about the switch as a whole into the base's spool. Any thread.</summary>
    internal void ReportSwitch(string kind, string severity, string summary)
    {
        _log(summary);
        _events.Add(kind, severity, summary, environment: null, server: null);
    }

    internal void ReapOrphans(IEnumerable<LiveMachine> machines)
    {
        var known = machines.Where(m => m.Init is not null).Select(m => m.Init!.Pid).ToHashSet();
        Reaping.ReapUnknown(pid => known.Contains(pid) || _parts.IsChild(pid) || _health.IsChild(pid) || _isChild(pid));
    }

    /// <summary>
    /// Removes what is left when no VM is known any more: events of the base, what was seen of VMs that a daemon which was killed had
    /// already forgotten, empty directories.
    /// </summary>
    internal void RemoveTraces()
    {
        _events.Delete();
        string[] histories = [$"{_paths.State}/events", $"{_paths.State}/logs"];
        foreach (var history in histories.Where(Directory.Exists).SelectMany(Directory.GetDirectories))
            DeleteHistory(Path.GetFileName(history));
        string[] ours =
        [
            $"{_paths.Run}/vms", .. Runtime.Known.Select(_paths.RuntimeRootOf), $"{_paths.State}/vms", $"{_paths.State}/events", $"{_paths.State}/logs", _paths.State,
        ];
        foreach (var directory in ours)
            PrivateDirectory.RemoveIfEmpty(directory);
    }

    public void Dispose()
    {
        _events.Dispose();
        _parts.Dispose();
    }

    // The VM's root owns them: its IDSes write there, under whatever user they run.
    private void MakeOutputDirectories(MachineRecord record, EnvironmentSpec environment)
    {
        PrivateDirectory.Create(_paths.MachineState(record.Name));
        PrivateDirectory.Create($"{_paths.MachineState(record.Name)}/outputs");
        foreach (var (_, index) in MachinePlans.OutputDirectories(environment))
        {
            var directory = MachinePlans.OutputDirectory(_paths, record.Name, index);
            if (Directory.Exists(directory))
                continue;
            _ = Directory.CreateDirectory(directory);
            Ownership.Give(directory, record.FirstId);
        }
    }

    // A kernel without FUSE still has everything else to offer; 'hyperspector doctor' tells what is missing.
    private ViewMounts? MakeViews(MachineRecord record)
    {
        try
        {
            return new ViewMounts(record.Name, record.FirstId);
        }
        catch (KernelException missing)
        {
            _log($"{record.Name}: no {ViewMounts.ServerFiles}: {missing.Message}");
            return null;
        }
    }

    /// <summary>The views of an IDS VM whose keeper holds no connection any more: makes new ones.</summary>
    internal void RenewViews(LiveMachine live)
    {
        using (var views = ViewMounts.Renew(_paths, live.Record.Name, live.Record.FirstId, live.Init!))
            HandViews(live.Record.Name, views);
        Report(
            live.Record, "view", "medium",
            $"{live.Record.Name}: who serves {ViewMounts.ServerFiles} and who keeps it were ended at once; it is mounted anew, what was open in it is lost");
    }

    private void HandViews(string name, ViewMounts views)
    {
        using var keeper = KeeperOf(name);
        for (var i = 0; i < views.Devices.Count; i++)
            keeper.SetViewDevice(i, views.Devices[i]);
    }

    private void HandDiagnosticSocket(LiveMachine live)
    {
        using var socket = DiagSocket.Create(live.Init!.Pid);
        using var keeper = KeeperOf(live.Record.Name);
        keeper.SetDiagSocket(socket);
    }
}
