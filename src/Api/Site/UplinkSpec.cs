using System.Text.Json.Serialization;

namespace HyperSpector.Api.Site;

/// <summary>
/// Where a server VM meets the outside other than by published ports: a NIC of its own, or everything that arrives for the host.
/// Exactly one of <see cref="Nic"/> and <see cref="Host"/> is set.
/// </summary>
public sealed record UplinkSpec
{
    /// <summary>Name of the NIC whose network the VM joins under an address of its own.</summary>
    public string? Nic { get; init; }

    /// <summary>With <see cref="Nic"/>: the VM's addresses, each with its prefix length; empty: what the VM sees to itself (DHCP).</summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];

    /// <summary>With <see cref="Nic"/>: default routes, at most one of each family.</summary>
    public IReadOnlyList<string> Gateways { get; set; } = [];

    /// <summary>Everything that arrives for the host is the VM's, as in the paper.</summary>
    public bool Host { get; init; }

    /// <summary>With <see cref="Host"/>: ports that stay with the base.</summary>
    public IReadOnlyList<KeptPort> Keep { get; set; } = [];
}

/// <summary>A port of the host that stays with the base.</summary>
/// <param name="Port">Its number.</param>
/// <param name="Protocol"><c>tcp</c> or <c>udp</c>.</param>
public sealed record KeptPort([property: JsonRequired] int Port, [property: JsonRequired] string Protocol);
