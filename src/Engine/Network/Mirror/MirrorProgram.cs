using System.Runtime.InteropServices;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Network.Mirror;

/// <summary>
/// The eBPF side of one mirror. The program that refuses what the IDS VM sends lives at the mirror's base end as long as that end,
/// and holds the maps; the two that copy live at the server's port. So a new port gets new copying programs on the old maps, and
/// whoever has mapped the flag keeps it.
/// </summary>
internal sealed partial class MirrorProgram : IDisposable
{
    // The mirror's ends carry one program each; a port one pair per mirror. skb->tc_index has a bit for each.
    private const uint Only = 1;
    private const uint MostMirrors = 16;
    private const uint Strict = 1; // of Target.How, as HS_STRICT
    private const string FlagMap = "hs_flag";
    private const string TargetMap = "hs_target";
    private const string CountersMap = "hs_counters";
    private const string GateMap = Switch.PortGate.MapName;

    private static readonly TrafficDirection[] Both = [TrafficDirection.Ingress, TrafficDirection.Egress];

    private readonly BpfMap _counters;
    private readonly BpfMap _target;
    private readonly BpfMap _filter;
    private readonly BpfMap _leftOut;

    private MirrorProgram(BpfMap flag, BpfMap target, BpfMap counters, BpfMap filter, BpfMap leftOut)
    {
        Flag = flag;
        _target = target;
        _counters = counters;
        _filter = filter;
        _leftOut = leftOut;
    }

    internal BpfMap Flag { get; }

    /// <summary>What the programs count; the C structure of the same name.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Counts
    {
        internal ulong Received;
        internal ulong Sent;
        internal ulong Mirrored;
        internal ulong Dropped;
        internal ulong Idle;
        internal ulong Bytes;
        internal ulong Refused;
        internal ulong Held;
    }

    /// <summary>Where copies go; the C structure of the same name.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Target
    {
        internal uint Interface;
        internal uint Always;
        internal uint Priority;
        internal uint How;
    }

    /// <summary>The bit that the gate demands of a frame which this mirror has had; 0 as long as it is at no port.</summary>
    internal uint Bit => _target.Read<Target>(0).Priority is var priority and > 0 ? 1u << ((int)priority - 1) : 0;

    /// <summary>Finds the maps of a mirror by its base end; null if there is no mirror.</summary>
    /// <param name="path">The object file.</param>
    /// <param name="name">The mirror's base end.</param>
    internal static MirrorProgram? Find(string path, string name)
    {
        var index = Interfaces.IndexOf(name);
        if (index == 0)
            return null;
        using var program = TrafficControl.Find(index, TrafficDirection.Ingress, Only);
        if (program?.FindMap(FlagMap) is not { } flag)
            return null;
        // What another version made counts otherwise: it is none of ours, and made anew.
        if (program.FindMap(TargetMap) is not { } target || program.FindMap(CountersMap) is not { } counters || !counters.Fits<Counts>())
            return null;
        if (program.FindMap(FilterMap) is { } filter && program.FindMap(LeftOutMap) is { } leftOut)
            return filter.Fits<FilterImage>() && leftOut.Fits<LeftOut>() ? new MirrorProgram(flag, target, counters, filter, leftOut) : null;

        // Of a version that had no filters; all else is as it was, and whoever captures need not notice.
        using var loaded = BpfObject.Open(path);
        loaded.Reuse(FlagMap, flag);
        loaded.Reuse(TargetMap, target);
        loaded.Reuse(CountersMap, counters);
        loaded.Load();
        var mirror = new MirrorProgram(flag, target, counters, loaded.OpenMap(FilterMap), loaded.OpenMap(LeftOutMap));
        program.Bind(mirror._filter);
        program.Bind(mirror._leftOut);
        return mirror;
    }

    /// <summary>Loads the programs of a new mirror; its ends must be down still.</summary>
    /// <param name="path">The object file.</param>
    /// <param name="name">The mirror's base end.</param>
    internal static MirrorProgram Create(string path, string name)
    {
        using var loaded = BpfObject.Open(path);
        loaded.Load();
        var mirror = new MirrorProgram(
            loaded.OpenMap(FlagMap), loaded.OpenMap(TargetMap), loaded.OpenMap(CountersMap), loaded.OpenMap(FilterMap), loaded.OpenMap(LeftOutMap));
        var index = Interfaces.IndexOf(name);
        mirror._target.Write(0, new Target { Interface = index });
        using var refuse = loaded.Program("hs_refuse");
        refuse.Bind(mirror.Flag);
        refuse.Bind(mirror._target);
        refuse.Bind(mirror._filter);
        refuse.Bind(mirror._leftOut);
        TrafficControl.Prepare(index);
        _ = TrafficControl.TryAttach(index, TrafficDirection.Ingress, Only, refuse);
        return mirror;
    }

    /// <summary>Copies from a port, unless that is so already.</summary>
    /// <param name="path">The object file.</param>
    /// <param name="port">The port's end in the base.</param>
    /// <param name="gate">What the port's gate demands.</param>
    internal void AttachTo(string path, string port, BpfMap gate)
    {
        if (IsAttachedTo(port, gate))
            return;
        using var loaded = Load(path, gate);
        using var toServer = loaded.Program("hs_to_server");
        using var fromServer = loaded.Program("hs_from_server");
        var index = Interfaces.IndexOf(port);
        var target = _target.Read<Target>(0);
        if (target.Priority != 0 && Both.All(d => IsAttached(index, d, target)))
        {
            // Of another version, or of a gate that is no more: each gives way to its successor in one step, and no frame is held.
            TrafficControl.Replace(index, TrafficDirection.Egress, target.Priority, toServer);
            TrafficControl.Replace(index, TrafficDirection.Ingress, target.Priority, fromServer);
            return;
        }

        DetachFrom(port);
        TrafficControl.Prepare(index);
        for (var priority = Only; priority <= MostMirrors; priority++)
        {
            // Written first: a crash in between leaves nothing that the next attempt would not find.
            target.Priority = priority;
            _target.Write(0, target);
            if (!TrafficControl.TryAttach(index, TrafficDirection.Egress, priority, toServer))
                continue;
            // Whoever takes an egress priority has the ingress one, too; a leftover of a crash gives way.
            TrafficControl.Detach(index, TrafficDirection.Ingress, priority);
            _ = TrafficControl.TryAttach(index, TrafficDirection.Ingress, priority, fromServer);
            return;
        }

        throw new IOException($"more than {MostMirrors} mirrors on one server VM");
    }

    /// <summary>
    /// Are both copying programs at this port, and do they know what its gate demands, and our filter? One that went by the map of a
    /// gate that was made anew since would let pass what another mirror has not had.
    /// </summary>
    internal bool IsAttachedTo(string port, BpfMap gate)
    {
        var index = Interfaces.IndexOf(port);
        var target = _target.Read<Target>(0);
        return index != 0 && target.Priority != 0 && Both.All(d => IsAttached(index, d, target, gate));
    }

    /// <summary>Stops copying from a port.</summary>
    internal void DetachFrom(string port)
    {
        var index = Interfaces.IndexOf(port);
        var target = _target.Read<Target>(0);
        if (index == 0 || target.Priority == 0)
            return;
        foreach (var direction in Both)
        {
            if (IsAttached(index, direction, target))
                TrafficControl.Detach(index, direction, target.Priority);
        }
    }

    /// <summary>Removes what mirrors left on a port whose IDS VM, and with it their base end, is gone.</summary>
    internal static void Sweep(string port, IReadOnlySet<uint> mirrors)
    {
        var index = Interfaces.IndexOf(port);
        for (var priority = Only; index != 0 && priority <= MostMirrors; priority++)
        {
            foreach (var direction in Both)
            {
                using var program = TrafficControl.Find(index, direction, priority);
                using var map = program?.FindMap(TargetMap);
                if (map is not null && !mirrors.Contains(map.Read<Target>(0).Interface))
                    TrafficControl.Detach(index, direction, priority);
            }
        }
    }

    /// <summary>How this mirror copies.</summary>
    /// <param name="always">Whether or not the flag is set.</param>
    /// <param name="strict">Hold frames back that the IDS VM's end does not take, for whatever reason.</param>
    internal void Configure(bool always, bool strict)
    {
        var target = _target.Read<Target>(0);
        _target.Write(0, target with { Always = always ? 1u : 0u, How = (target.How & ~Strict) | (strict ? Strict : 0) });
    }

    internal bool IsActive => Flag.Read<uint>(0) != 0 || _target.Read<Target>(0).Always != 0;

    /// <summary>The sum over all processors.</summary>
    internal Counts Read()
    {
        var sum = default(Counts);
        foreach (var one in _counters.ReadEach<Counts>(0))
        {
            sum.Received += one.Received;
            sum.Sent += one.Sent;
            sum.Mirrored += one.Mirrored;
            sum.Dropped += one.Dropped;
            sum.Idle += one.Idle;
            sum.Bytes += one.Bytes;
            sum.Refused += one.Refused;
            sum.Held += one.Held;
        }

        return sum;
    }

    public void Dispose()
    {
        Flag.Dispose();
        _target.Dispose();
        _counters.Dispose();
        _filter.Dispose();
        _leftOut.Dispose();
    }

    private BpfObject Load(string path, BpfMap? gate = null)
    {
        var loaded = BpfObject.Open(path);
        loaded.Reuse(FlagMap, Flag);
        loaded.Reuse(TargetMap, _target);
        loaded.Reuse(CountersMap, _counters);
        loaded.Reuse(FilterMap, _filter);
        loaded.Reuse(LeftOutMap, _leftOut);
        if (gate is not null)
            loaded.Reuse(GateMap, gate);
        loaded.Load();
        return loaded;
    }

    // The priority may be another mirror's by now: the program there must copy to our end.
    private bool IsAttached(uint port, TrafficDirection direction, Target target, BpfMap? gate = null)
    {
        using var program = TrafficControl.Find(port, direction, target.Priority);
        using var map = program?.FindMap(TargetMap);
        return map?.Read<Target>(0).Interface == target.Interface
            && (gate is null || (Knows(program!, GateMap, gate) && Knows(program!, FilterMap, _filter)));
    }

    private static bool Knows(BpfProgram program, string name, BpfMap ours)
    {
        using var map = program.FindMap(name);
        return map?.Describe().Id == ours.Describe().Id;
    }
}
