using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// Which mirror port belongs between which machines (SW-2): kept matching what was asked for, and looked at once a second, so that a
/// port that vanishes or drops is known as blind time.
/// </summary>
internal sealed class MirrorWiring(Workshop workshop, Action<string> log, TimeProvider clock)
{
    private sealed record Wire(string Environment, string Server, string Interface, FrameForm Frames, bool Always, bool Strict)
    {
        internal int EnvironmentPid { get; set; }

        /// <summary>Can be changed while frames flow.</summary>
        internal FilterSpec? Filter { get; set; }

        internal WireProbe? Probe { get; set; }

        internal long DropsReported { get; set; }

        internal DateTimeOffset LastGood { get; set; }

        internal bool Blind { get; set; }
    }

    // Counters are read over netlink and bpf(2): cheap, and still what most of an idle daemon's time would go into.
    private const int LooksPerCount = 5;
    private int _looks;

    // Changed on the operation thread only, replaced whole; read by Status from any thread.
    private volatile IReadOnlyList<Wire> _wires = [];

    /// <summary>The mirrors that one machine is an end of.</summary>
    internal IReadOnlyList<(string Environment, string Server)> Of(string machine) =>
        [.. _wires.Where(w => w.Environment == machine || w.Server == machine).Select(w => (w.Environment, w.Server))];

    /// <summary>A machine is gone for good, and its mirrors with it.</summary>
    internal void Forget(string machine)
    {
        Release(machine);
        _wires = [.. _wires.Where(w => w.Environment != machine && w.Server != machine)];
    }

    /// <summary>
    /// An IDS VM's first process has ended: its mirrors are there no more until it is made anew. A server's mirrors outlive the
    /// server: the switch attaches them to its next port before that goes up, so that no frame of it passes unseen.
    /// </summary>
    internal void Lost(string environment)
    {
        Release(environment);
        foreach (var wire in _wires.Where(w => w.Environment == environment))
            workshop.Switch.DetachMirror(wire.Server, wire.Environment);
        _wires = [.. _wires.Where(w => w.Environment != environment)];
    }

    /// <summary>Makes what is missing and removes what nobody asked for.</summary>
    internal void Match(IReadOnlyDictionary<string, LiveMachine> machines, SiteSpec site)
    {
        var wanted = Wanted(site).Where(w => machines.GetValueOrDefault(w.Environment)?.Runs == true
            && machines.GetValueOrDefault(w.Server)?.Runs == true).ToList();
        foreach (var wire in wanted)
            wire.EnvironmentPid = machines[wire.Environment].Init!.Pid;

        foreach (var old in _wires.Where(o => !wanted.Any(w => Same(o, w))))
        {
            old.Probe?.Dispose();
            workshop.Switch.DetachMirror(old.Server, old.Environment);
        }

        var next = new List<Wire>();
        foreach (var wire in wanted)
            next.Add(_wires.FirstOrDefault(o => Same(o, wire)) is { } kept ? Filter(kept, wire.Filter) : Attach(wire, site));
        _wires = next;
    }

    /// <summary>
    /// Is every mirror port as it was made, and has it lost anything? Once a second; <paramref name="thorough"/> when the kernel told
    /// of a change in the base.
    /// </summary>
    internal void Look(IReadOnlyDictionary<string, LiveMachine> machines, bool thorough)
    {
        foreach (var wire in _wires)
        {
            // A server that is down has no port, and nothing to see.
            if (machines.GetValueOrDefault(wire.Server) is not { Runs: true } server)
                continue;
            if (DefectOf(wire, server, thorough) is { } defect)
                Mend(wire, machines, defect);
            else if (!thorough && _looks % LooksPerCount == 0)
                ReportDrops(wire);
        }

        if (!thorough)
            _looks++;
    }

    /// <summary>Are a server's frames copied because somebody in an environment captures them?</summary>
    internal bool Captures(string environment, string server) =>
        _wires.FirstOrDefault(w => w.Environment == environment && w.Server == server) is { } wire && StatusOf(wire) is { Active: true };

    internal IReadOnlyList<MirrorStatus> Status() => [.. _wires.Select(StatusOf).OfType<MirrorStatus>()];

    private static IEnumerable<Wire> Wanted(SiteSpec site) =>
        from environment in site.Environments
        from server in environment.Value.Watch
        let always = environment.Value.Capture == CaptureMode.Always
        let admin = environment.Value.NetAdmin || environment.Value.Packs.Any(p => p.NetAdmin)
        select new Wire(environment.Key, server, NameInside(environment.Value, server), environment.Value.Frames, always, admin)
        {
            Filter = environment.Value.Filters.GetValueOrDefault(server),
        };

    /// <summary><c>mon0</c> where one server is watched, <c>mon-NAME</c> where several are; cut to what an interface name holds.</summary>
    internal static string NameInside(EnvironmentSpec environment, string server)
    {
        const int longest = 15;
        if (environment.Watch.Count == 1)
            return "mon0";
        var name = $"mon-{server}";
        return name.Length <= longest ? name : $"mon{IndexOf(environment.Watch, server)}-{server}"[..longest];
    }

    private static int IndexOf(IReadOnlyList<string> names, string name) => names.ToList().IndexOf(name);

    private static bool Same(Wire left, Wire right) =>
        left.Environment == right.Environment && left.Server == right.Server && left.Interface == right.Interface
        && left.Frames == right.Frames && left.Always == right.Always && left.Strict == right.Strict
        && left.EnvironmentPid == right.EnvironmentPid;

    private Wire Attach(Wire wire, SiteSpec site)
    {
        var slot = IndexOf(site.Environments[wire.Environment].Watch, wire.Server);
        AttachAt(wire, slot);
        return wire;
    }

    private Wire Filter(Wire wire, FilterSpec? filter)
    {
        workshop.Switch.FilterMirror(wire.Server, wire.Environment, filter);
        wire.Filter = filter;
        return wire;
    }

    /// <summary>Tells a keeper that was started anew about its mirrors.</summary>
    internal void Tell(MachineRecord environment)
    {
        foreach (var wire in _wires.Where(w => w.Environment == environment.Name))
            TellKeeper(wire, IndexOf(environment.Environment!.Watch, wire.Server));
    }

    private void AttachAt(Wire wire, int slot)
    {
        _ = workshop.Switch.AttachMirror(
            wire.Server, wire.Environment, wire.EnvironmentPid, wire.Interface, wire.Frames, wire.Always, wire.Strict, wire.Filter);
        TellKeeper(wire, slot);
        wire.Probe?.Dispose();
        wire.Probe = null;
        wire.LastGood = clock.GetUtcNow();
    }

    // What is open into a machine's namespaces must not outlive the machine, nor what it knows of a port the port.
    internal void Release(string machine)
    {
        foreach (var wire in _wires.Where(w => w.Environment == machine || w.Server == machine))
        {
            wire.Probe?.Dispose();
            wire.Probe = null;
        }
    }

    private void TellKeeper(Wire wire, int slot)
    {
        using var flags = workshop.Switch.OpenFlagMap(wire.Server, wire.Environment);
        using var keeper = workshop.KeeperOf(wire.Environment);
        keeper.AddMirror(slot, flags, InsideIndex(wire), wire.Always);
    }

    // The interface's number is that of its namespace: what PACKET_DIAG tells there.
    private static int InsideIndex(Wire wire)
    {
        return NetworkNamespace.Run($"/proc/{wire.EnvironmentPid}/ns/net", () => (int)Interfaces.IndexOf(wire.Interface));
    }

    private string? DefectOf(Wire wire, LiveMachine server, bool thorough)
    {
        try
        {
            if (wire.Probe?.ServerPid != server.Init!.Pid)
            {
                wire.Probe?.Dispose();
                wire.Probe = WireProbe.Open(wire.EnvironmentPid, wire.Interface, server.Init.Pid);
                thorough = true;
            }

            var defect = wire.Probe.Defect() ?? (thorough ? workshop.Switch.DefectOf(wire.Server, wire.Environment) : null);
            if (defect is null)
                wire.LastGood = clock.GetUtcNow();
            return defect;
        }
        catch (IOException)
        {
            // A namespace on its way out: the end of its first process is told to somebody else.
            return null;
        }
    }

    private void Mend(Wire wire, IReadOnlyDictionary<string, LiveMachine> machines, string defect)
    {
        var since = wire.LastGood;
        if (!wire.Blind)
        {
            wire.Blind = true;
            workshop.ReportMirror(wire.Environment, wire.Server, "blind", "high",
                $"{wire.Environment} does not see {wire.Server}: {defect}; what it does not see does not pass until this is mended");
        }

        if (machines.GetValueOrDefault(wire.Environment)?.Runs != true || machines.GetValueOrDefault(wire.Server)?.Runs != true)
            return;
        try
        {
            // In this order: a port that has to be made anew finds its mirror there, and is watched from its first frame on.
            AttachAt(wire, IndexOf(machines[wire.Environment].Record.Environment!.Watch, wire.Server));
            _ = workshop.AttachPort(machines[wire.Server]);
            wire.Blind = false;
            workshop.ReportMirror(wire.Environment, wire.Server, "blind", "info",
                $"{wire.Environment} sees {wire.Server} again: blind {Interval.Text(since, wire.LastGood)}");
        }
        catch (IOException error)
        {
            log($"mirror port of {wire.Server} in {wire.Environment}: {error.Message}");
        }
    }

    private void ReportDrops(Wire wire)
    {
        if (StatusOf(wire) is not { } status || status.Dropped <= wire.DropsReported)
            return;
        workshop.ReportMirror(wire.Environment, wire.Server, "mirror-drop", "medium",
            $"{status.Dropped - wire.DropsReported} frames of {wire.Server} did not reach {wire.Environment} ({status.Dropped} in all)");
        wire.DropsReported = status.Dropped;
    }

    private MirrorStatus? StatusOf(Wire wire)
    {
        try
        {
            return workshop.Switch.Read(wire.Server, wire.Environment) is not { } counters ? null : new MirrorStatus
            {
                Server = wire.Server,
                Environment = wire.Environment,
                Interface = wire.Interface,
                Active = counters.Active,
                Frames = wire.Frames,
                Received = counters.Received,
                Sent = counters.Sent,
                Mirrored = counters.Mirrored,
                Dropped = counters.Dropped,
                Idle = counters.Idle,
                Filter = wire.Filter,
                LeftOut = counters.LeftOut,
                Unsampled = counters.Unsampled,
                LeftOutBytes = counters.LeftOutBytes,
                Truncated = counters.Truncated,
                TruncatedBytes = counters.TruncatedBytes,
                Refused = counters.Refused,
                Held = counters.Held,
            };
        }
        catch (IOException)
        {
            // Being made anew, or going away.
            return null;
        }
    }
}
