using HyperSpector.Api.Site;
using HyperSpector.Engine.Network.Switch;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Network.Mirror;

/// <summary>The two ends of a mirror port: what each of them is told.</summary>
internal sealed class MirrorConfiguration(string host, string environment, string server, string name, string inside)
{
    // What keeps a frame whole or a checksum open until a wire would need them otherwise; ethtool(8).
    private static readonly string[] Offloads =
    [
        "tx", "sg", "tso", "gso", "tx-udp-segmentation", "tx-sctp-segmentation", "tx-gso-partial", "tx-gso-list", "tx-gre-segmentation",
        "tx-udp_tnl-segmentation", "tx-ipxip4-segmentation", "tx-ipxip6-segmentation",
    ];

    /// <summary>Kept at the base's end, out of the VM's reach.</summary>
    internal string Alias(NamespaceFd machine, FrameForm frames) => $"{Prefix(host)}{environment}/{server}/{machine.Inode}/{inside}/{frames}";

    internal static string Prefix(string host) => $"hyperspector/{host}/mirror/";

    /// <summary>The watched server that an alias names; null if it is none of this host's mirrors.</summary>
    internal static string? ServerOf(string host, string? alias) =>
        alias is not null && alias.StartsWith(Prefix(host), StringComparison.Ordinal) ? alias.Split('/')[4] : null;

    /// <summary>Makes the pair, down, with the VM's end already in its namespace.</summary>
    internal void Create(NamespaceFd machine, string alias, FrameForm frames)
    {
        Links.Batch(
            $"link add name {name} mtu {PortConfiguration.Mtu} type veth "
                + $"peer name {inside} mtu {PortConfiguration.Mtu} netns {machine.Path}",
            $"link set dev {name} arp off multicast off addrgenmode none",
            $"link set dev {name} alias {alias}");
        _ = Knobs.Write($"ipv4/conf/{name}/forwarding", "0");
        _ = Knobs.Write($"ipv4/conf/{name}/arp_ignore", "8");
        if (Knobs.HasV6)
            _ = Knobs.Write($"ipv6/conf/{name}/disable_ipv6", "1");
        if (frames == FrameForm.Wire)
            SegmentFrames();
    }

    /// <summary>The IDS VM's end: up and promiscuous, without an address; run inside its network namespace.</summary>
    internal void ConfigureInside()
    {
        _ = Knobs.Write("ipv4/conf/default/forwarding", "0");
        _ = Knobs.Write($"ipv4/conf/{inside}/forwarding", "0");
        if (Knobs.HasV6)
            _ = Knobs.Write($"ipv6/conf/{inside}/disable_ipv6", "1");
        NfTables.Apply(Deafening());
        Links.Batch("link set dev lo up", $"link set dev {inside} arp off multicast off promisc on up");
    }

    /// <summary>Is the VM's end as it was made? Run inside its network namespace.</summary>
    internal bool IsInside(LinkRow outside) => Links.All().Any(l => l.Name == inside && l.PeerIndex == outside.Index
        && outside.PeerIndex == l.Index && l.Flags.Contains("UP") && l.Mtu == PortConfiguration.Mtu);

    // Packet sockets have a frame before nftables does; the VM's own protocols must not have it: a server could address a broadcast
    // frame to an address of the IDS VM. Most copies never come so far: they bear another's MAC, which the IP protocols ignore at
    // once, so that this costs nothing, where a program at the interface would cost every copy 0.3 µs. ARP has its own switch
    // (NOARP); no other protocol listens in a network namespace without having been told to. By index, whatever name the VM gives it;
    // before fragments are gathered (-400).
    private string Deafening() =>
        NfTables.Delete("inet", $"deaf-{inside}") + $$"""
        table inet deaf-{{inside}} {
          chain prerouting {
            type filter hook prerouting priority -450; policy accept;
            iif "{{inside}}" drop
          }
        }

        """;

    // The kernel cuts what a device cannot: so the device says that it can do nothing. Older kernels and tools know fewer of the
    // features by name; unknown ones are left out one by one.
    private void SegmentFrames()
    {
        var known = Tool.RunChecked("ethtool", ["-k", name]);
        var arguments = Offloads.Where(o => o is "tx" or "sg" or "tso" or "gso" || IsSettable(known, o)).SelectMany(o => (string[])[o, "off"]);
        _ = Tool.RunChecked("ethtool", ["-K", name, .. arguments]);
    }

    private static bool IsSettable(string features, string feature) => features.Split('\n')
        .Any(l => l.Trim().StartsWith(feature + ":", StringComparison.Ordinal) && !l.Contains("[fixed]", StringComparison.Ordinal));
}
