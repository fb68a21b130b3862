using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>
/// The last program at a server's port (<c>bpf/port.bpf.c</c>): nothing passes that not every mirror of the server has had. It lives
/// as long as the port. What it demands, the port's mirrors know from the same map.
/// </summary>
internal sealed class PortGate : IDisposable
{
    /// <summary>What the gate marks frames of the server VM with; the policing of the port takes no others.</summary>
    internal const string Mark = "0x48530001";

    // After every mirror (MirrorProgram.MostMirrors).
    private const uint Priority = 100;
    internal const string MapName = "hs_gate";
    private const uint RequiredAt = 0;
    private const uint HeldAt = 1;

    private PortGate(BpfMap map) => Map = map;

    internal BpfMap Map { get; }

    /// <summary>Bits of the mirrors that a frame must have passed.</summary>
    internal uint Required
    {
        get => (uint)Map.Read<ulong>(RequiredAt);
        set => Map.Write(RequiredAt, (ulong)value);
    }

    /// <summary>Frames that did not pass.</summary>
    internal long Held => (long)Map.Read<ulong>(HeldAt);

    /// <summary>The gate of a port; null if it has none, or only one half of one.</summary>
    internal static PortGate? Find(string port)
    {
        var index = Interfaces.IndexOf(port);
        if (index == 0)
            return null;
        using var outward = TrafficControl.Find(index, TrafficDirection.Egress, Priority);
        using var inward = TrafficControl.Find(index, TrafficDirection.Ingress, Priority);
        return inward is null ? null : outward?.FindMap(MapName) is { } map ? new PortGate(map) : null;
    }

    /// <summary>The gate of a port, made if it is missing.</summary>
    /// <param name="path">The object file.</param>
    /// <param name="port">The port's end in the base.</param>
    /// <param name="required">What a new gate demands from its first moment on.</param>
    internal static PortGate Ensure(string path, string port, uint required)
    {
        if (Find(port) is { } present)
            return present;
        using var loaded = BpfObject.Open(path);
        loaded.Load();
        var gate = new PortGate(loaded.OpenMap(MapName)) { Required = required };
        var index = Interfaces.IndexOf(port);
        TrafficControl.Prepare(index);
        Attach(TrafficDirection.Egress, "hs_gate_out");
        Attach(TrafficDirection.Ingress, "hs_gate_in");
        return gate;

        void Attach(TrafficDirection direction, string name)
        {
            using var program = loaded.Program(name);
            TrafficControl.Detach(index, direction, Priority);
            _ = TrafficControl.TryAttach(index, direction, Priority, program);
        }
    }

    public void Dispose() => Map.Dispose();
}
