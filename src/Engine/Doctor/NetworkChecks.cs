using HyperSpector.Api.Messages;
using HyperSpector.Engine.Network.Switch;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Probing;

namespace HyperSpector.Engine.Doctor;

/// <summary>What the virtual switch and the mirror port are put together from; each is tried in a network namespace of its own.</summary>
internal static class NetworkChecks
{
    internal static readonly IReadOnlyList<Check> Table =
    [
        new("kernel.veth", DoctorLevel.Required, "a VM cannot have a port", "enable CONFIG_VETH; modprobe veth",
            _ => Inside(() => Finding.Ok("a pair was made"))) { NeedsRoot = true },
        new("kernel.clsact", DoctorLevel.Required, "frames cannot be copied at a port", "enable CONFIG_NET_SCH_INGRESS; modprobe sch_ingress",
            _ => Inside(() => Try("tc", ["qdisc", "add", "dev", "probe0", "clsact"], "", "attached to a port"))) { NeedsRoot = true },
        new("kernel.nft-netdev", DoctorLevel.Required, "spoofed addresses of a VM are not dropped at its port",
            "enable CONFIG_NF_TABLES_NETDEV",
            _ => Inside(() => Nft("""
                table netdev t {
                  chain c { type filter hook ingress device probe0 priority 0; ether type arp drop; }
                }
                """))) { NeedsRoot = true },
        new("kernel.nft-nat", DoctorLevel.Required, "no port can be published", "enable CONFIG_NF_TABLES_INET, CONFIG_NFT_NAT and CONFIG_NFT_MASQ",
            _ => Inside(() => Nft("""
                table inet t {
                  chain p { type nat hook prerouting priority dstnat; tcp dport 80 dnat ip to 169.254.83.2:80; tcp dport 80 dnat ip6 to [fd00::2]:80; }
                  chain o { type nat hook postrouting priority srcnat; masquerade; }
                }
                """))) { NeedsRoot = true },
        new("kernel.macvlan", DoctorLevel.Optional, "no server can have the network of a NIC ('uplink: eth1')", "enable CONFIG_MACVLAN; modprobe macvlan",
            _ => Inside(() => Try("ip", ["link", "add", "probe2", "link", "probe0", "type", "macvlan", "mode", "private"], "", "one was made"))) { NeedsRoot = true },
        new("kernel.nft-fwd", DoctorLevel.Optional, "no server can have the network of a NIC ('uplink: eth1')",
            "enable CONFIG_NFT_FWD_NETDEV; modprobe nft_fwd_netdev",
            _ => Inside(() => Nft("""
                table netdev t {
                  chain c { type filter hook ingress device probe0 priority 0; fwd to probe1; }
                }
                """))) { NeedsRoot = true },
        new("kernel.nft-socket", DoctorLevel.Optional, "'uplink: host' cannot leave the base its connections", "enable CONFIG_NFT_SOCKET; modprobe nft_socket",
            _ => Inside(() => Nft("""
                table inet t {
                  chain c { type nat hook prerouting priority dstnat + 1; socket wildcard 0 accept; }
                }
                """))) { NeedsRoot = true },
        new("firewall.forward", DoctorLevel.Recommended, "published ports, and the way out of server VMs, are closed by another program",
            "let it accept what comes from and goes to the interfaces hsp*: docs/coexistence.md",
            _ => ForeignRules.InTheWay() is { Count: > 0 } found ? Finding.Missing(string.Join("; ", found)) : Finding.Ok("no rule of others is in the way")) { NeedsRoot = true },
        new("kernel.ipv6", DoctorLevel.Recommended, "VMs have IPv4 only", "boot without ipv6.disable=1",
            _ => Path.Exists("/proc/sys/net/ipv6") ? Finding.Ok("there") : Finding.Missing("switched off")),
        new("kernel.packet-socket", DoctorLevel.Required, "no IDS can capture", "enable CONFIG_PACKET; modprobe af_packet",
            _ => Throwaway.Run(() => Finding.Of(Probe.TryPacketSocket(), "opens"))) { NeedsRoot = true },
        new("kernel.packet-diag", DoctorLevel.Recommended, "the end of a capture goes unnoticed: frames are copied until the IDS VM ends",
            "enable CONFIG_PACKET_DIAG; modprobe af_packet_diag",
            _ => Throwaway.Run(() => Finding.Of(Probe.TryPacketDiag(), "packet sockets can be listed"))) { NeedsRoot = true },
        new("kernel.tun", DoctorLevel.Optional, "the virtual network has no substitute for a missing WireGuard module", "enable CONFIG_TUN; modprobe tun",
            _ => Path.Exists("/dev/net/tun") ? Finding.Ok("/dev/net/tun") : Finding.Missing("there is no /dev/net/tun")),
        new("kernel.wireguard", DoctorLevel.Optional, "environments of several hosts use wireguard-go, which is slower",
            "enable CONFIG_WIREGUARD; modprobe wireguard",
            _ => Throwaway.Run(() => Try("ip", ["link", "add", "probe0", "type", "wireguard"], "", "an interface was made"))) { NeedsRoot = true },
    ];

    private static Finding Inside(Func<Finding> probe) => Throwaway.Run(() =>
        Try("ip", ["link", "add", "probe0", "type", "veth", "peer", "name", "probe1"], "", "") is { State: not DoctorState.Ok } failed ? failed : probe());

    private static Finding Nft(string rules) => Try("nft", ["-f", "-"], rules, "its rules load");

    private static Finding Try(string tool, IReadOnlyList<string> arguments, string input, string works)
    {
        if (Tool.Find(tool) is null)
            return Finding.Unknown($"cannot be tried: program '{tool}' is not installed");
        var result = Tool.Run(tool, arguments, input, TimeSpan.FromSeconds(2));
        // nft points at the place with a line of its own after the message: the first line says it.
        return result.Status.Succeeded ? Finding.Ok(works) : Finding.Missing($"{tool}: {result.Error.Split('\n', 2)[0].Trim()}");
    }
}
