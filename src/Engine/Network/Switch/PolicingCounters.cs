namespace HyperSpector.Engine.Network.Switch;

/// <summary>Frames of a server VM that its port refused, after they were copied to the mirrors.</summary>
public sealed record PolicingCounters
{
    /// <summary>They had not been copied: the port's own programs were missing.</summary>
    public long Unwatched { get; init; }

    /// <summary>The source MAC was not the VM's.</summary>
    public long Mac { get; init; }

    /// <summary>Neither IPv4 nor IPv6: ARP, VLAN tags, anything else.</summary>
    public long Protocol { get; init; }

    /// <summary>The source address was not the VM's.</summary>
    public long Source { get; init; }

    /// <summary>To loopback, link-local, multicast, broadcast or reserved addresses.</summary>
    public long Destination { get; init; }
}
