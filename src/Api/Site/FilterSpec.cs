using System.Text.Json.Serialization;

namespace HyperSpector.Api.Site;

/// <summary>What a mirror leaves out of the frames of one server.</summary>
public sealed record FilterSpec
{
    /// <summary>Most rules of one mirror, <see cref="Only"/> and <see cref="Except"/> together; the eBPF side has a bit for each.</summary>
    public const int MostRules = 32;

    /// <summary>Most ranges of ports, and most networks, in the rules of one mirror.</summary>
    public const int MostValues = 32;

    /// <summary>Copied is what one of these selects; empty: everything.</summary>
    public IReadOnlyList<FilterRule> Only { get; set; } = [];

    /// <summary>But not what one of these selects.</summary>
    public IReadOnlyList<FilterRule> Except { get; set; } = [];

    /// <summary>Of the flows that are left, one of so many; null: all.</summary>
    public int? Sample { get; init; }

    /// <summary>Bytes of the longest copy; null: frames are copied whole.</summary>
    public int? Truncate { get; init; }
}

/// <summary>Selects the frames that agree with all that it says.</summary>
public sealed record FilterRule
{
    /// <summary>Protocols of IP by the names that people use; https://www.iana.org/assignments/protocol-numbers.</summary>
    public static readonly IReadOnlyDictionary<string, int> ProtocolNames = new Dictionary<string, int>
    {
        ["icmp"] = 1,
        ["igmp"] = 2,
        ["tcp"] = 6,
        ["udp"] = 17,
        ["dccp"] = 33,
        ["gre"] = 47,
        ["esp"] = 50,
        ["ah"] = 51,
        ["icmpv6"] = 58,
        ["sctp"] = 132,
        ["udplite"] = 136,
    };

    /// <summary>Null: both.</summary>
    public FrameDirection? Direction { get; init; }

    /// <summary>Protocol numbers of IP (IANA); empty: any.</summary>
    public IReadOnlyList<int> Protocols { get; set; } = [];

    /// <summary>Ports of the server VM; empty: any.</summary>
    public IReadOnlyList<PortRange> Ports { get; set; } = [];

    /// <summary>Ports of the other side; empty: any.</summary>
    public IReadOnlyList<PortRange> PeerPorts { get; set; } = [];

    /// <summary>Networks of the other side, <c>address/length</c>; empty: any.</summary>
    public IReadOnlyList<string> Networks { get; set; } = [];
}

/// <summary>Ports from one to another, both included.</summary>
public sealed record PortRange([property: JsonRequired] int First, [property: JsonRequired] int Last);

/// <summary>Which way a frame goes, as its server sees it.</summary>
public enum FrameDirection
{
    /// <summary>To the server VM.</summary>
    In,

    /// <summary>From the server VM.</summary>
    Out,
}
