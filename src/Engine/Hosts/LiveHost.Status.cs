using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Engine.Events;
using HyperSpector.Engine.Hosts.Health;
using HyperSpector.Engine.Network.Switch;

namespace HyperSpector.Engine.Hosts;

// What is told about the host: read from any thread.
internal sealed partial class LiveHost
{
    internal IReadOnlyList<MachineStatus> Machines() =>
        [.. _machines.Values.OrderBy(m => !m.Record.IsServer).ThenBy(m => m.Record.Name, StringComparer.Ordinal).Select(StatusOf)];

    internal HostStatus Status() => new()
    {
        Host = _paths.Name,
        Version = ProductVersion.Text,
        Machines = [.. Machines().Select(m => m.Pid is null ? m : m with { Usage = _workshop.UsageOf(m.Name) })],
        Mirrors = _mirrors.Status(),
        ForeignRules = _foreign,
        Parts = [.. _machines.Values.OrderBy(m => m.Record.Name, StringComparer.Ordinal).SelectMany(_workshop.PartsOf)],
    };

    internal IEnumerable<string> Names => _machines.Keys;

    /// <summary>True for a VM that is there, whatever its state.</summary>
    internal bool Knows(string machine) => _machines.ContainsKey(machine);

    /// <summary>The servers that an environment watches; null: there is no environment of that name.</summary>
    internal IReadOnlyList<string>? Watched(string machine) => _machines.GetValueOrDefault(machine)?.Record.Environment?.Watch;

    internal ExecTarget? ExecTarget(string machine) =>
        _machines.TryGetValue(machine, out var live) && live.Runs && live.Record.Phase == MachinePhase.Ready
            && _workshop.Factory.RuntimeOf(machine) is var (program, root)
            ? new ExecTarget(program, root, _paths.ContainerId(machine))
            : null;

    internal IEnumerable<string> SpoolDirectories() =>
        [_workshop.BaseSpoolDirectory, .. _machines.Keys.Order(StringComparer.Ordinal).Select(m => Spool.DirectoryOf(_paths, m))];

    private MachineStatus StatusOf(LiveMachine live)
    {
        var record = live.Record;
        return new MachineStatus
        {
            Name = record.Name,
            Kind = record.IsServer ? "server" : "ids",
            State = StateOf(live),
            Pid = live.Runs ? live.Init!.Pid : null,
            Addresses = AddressesOf(record),
            Publish = record.Server?.Publish ?? [],
            Uplink = record.Server?.Uplink is { } uplink ? uplink.Nic ?? "host" : null,
            Watch = record.Environment?.Watch ?? [],
            Packs = [.. record.Environment?.Packs.Select(p => p.Name) ?? []],
            Health = live.Runs ? HealthOf(live.Health) : null,
            Started = live.Runs ? record.Started : null,
            Restarts = record.Restarts,
            FirstId = record.FirstId,
            Generation = record.Generation,
            BaseMoved = live.BaseMoved,
            Problem = live.Wait is { } wait ? $"waits for {wait.For}" : live.Problem,
        };
    }

    private IReadOnlyList<string> AddressesOf(MachineRecord record)
    {
        if (record.Server is null)
            return [];
        // Of a NIC's network without addresses in the file, only the VM knows which it has.
        if (record.Server.Uplink is { Nic: not null } uplink)
            return [.. uplink.Addresses.Select(a => a.Split('/')[0])];
        var addresses = AddressPlan.For(_paths.Name, record.Index);
        return [$"{addresses.V4}", $"{addresses.V6}"];
    }

    private static string? HealthOf(HealthWatch? health) => health?.State switch
    {
        null => null,
        HealthState.Healthy => "healthy",
        HealthState.Unhealthy => "unhealthy",
        _ => "starting",
    };

    private static string StateOf(LiveMachine live) => live switch
    {
        { Wait: not null } => "waiting",
        { Record.Phase: MachinePhase.Making } => "creating",
        { RestartAt: not null } => "restarting",
        { Runs: true } => "running",
        { Problem: not null } => "failed",
        _ => "stopped",
    };
}
