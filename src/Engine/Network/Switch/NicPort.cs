using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>A port that is joined to a NIC's network (<see cref="Uplink"/>): its ends, and what the VM may send.</summary>
internal sealed class NicPort(string host, string server, string port, PortAddresses addresses, UplinkSpec uplink)
    : PortConfiguration(host, server, port, addresses, uplink)
{
    private readonly UplinkSpec _uplink = uplink;

    /// <summary>On a NIC's network the base is no neighbour of its VM.</summary>
    internal override void SetKnobs() => Uplink.Close(Port);

    /// <inheritdoc/>
    internal override void Open() => Links.Batch($"link set dev {Port} up");

    /// <inheritdoc/>
    internal override void ConfigureInside()
    {
        CloseInside();
        // The neighbours hear where the addresses are now.
        _ = Knobs.Write($"ipv4/conf/{Inside}/arp_notify", "1");
        var fixedV6 = Has(_uplink, AddressFamily.InterNetworkV6);
        var open = _uplink.Addresses.Count == 0;
        if (Knobs.HasV6)
        {
            _ = Knobs.Write($"ipv6/conf/{Inside}/ndisc_notify", "1");
            if (!open)
            {
                // What it has, the file says; policing lets nothing else pass.
                _ = Knobs.Write($"ipv6/conf/{Inside}/accept_ra", "0");
                _ = Knobs.Write($"ipv6/conf/{Inside}/autoconf", "0");
                _ = Knobs.Write($"ipv6/conf/{Inside}/accept_dad", "0");
                _ = Knobs.Write($"ipv6/conf/{Inside}/disable_ipv6", fixedV6 ? "0" : "1");
            }
        }

        Links.Batch([
            "link set dev lo up",
            $"link set dev {Inside} addrgenmode {(open || fixedV6 ? "eui64" : "none")}",
            .. _uplink.Addresses.Where(Usable).Select(a => $"address replace {a} dev {Inside}{(IsV6(a) ? " nodad" : " broadcast +")}"),
            $"link set dev {Inside} up",
            .. _uplink.Gateways.Where(Usable).Select(g => $"route replace default via {g} dev {Inside}"),
        ]);
    }

    /// <summary>
    /// What passes from the VM to the NIC's network. Its MAC address is fixed; without addresses of the file, all else is its own business.
    /// With them it may neither use others nor say that it has them, nor call itself a router.
    /// </summary>
    /// <param name="uplink">The uplink.</param>
    /// <param name="mac">The VM's MAC address.</param>
    /// <param name="to">The macvlan; null: there is no NIC at present.</param>
    internal static string Rules(UplinkSpec uplink, PhysicalAddress mac, string? to)
    {
        var pass = to is null ? "drop" : $"fwd to \"{to}\"";
        if (uplink.Addresses.Count == 0)
            return $"    {pass}\n";
        var v4 = uplink.Addresses.Where(a => !IsV6(a)).Select(Bare).ToList();
        var v6 = uplink.Addresses.Where(IsV6).Select(Bare).ToList();
        var text = "";
        if (v4.Count > 0)
        {
            var set = $"{{ {string.Join(", ", v4)} }}";
            text += $"""
                    ether type arp arp saddr ether {AddressPlan.Text(mac)} arp saddr ip {set} {pass}
                    ether type ip ip saddr {set} {pass}

                """;
        }

        if (v6.Count > 0)
        {
            // Of a neighbour advertisement (RFC 4861, 4.4) the target follows 8 bytes after the start. None comes in pieces (RFC 6980), but
            // there are hosts that take it so: of ICMPv6 the first piece must tell that it is an echo. What no header tells (255 is no
            // protocol) does not pass.
            var set = $"{{ {string.Join(", ", v6.Append($"{LinkLocal(mac)}"))} }}";
            var targets = $"{{ {string.Join(", ", v6.Append($"{LinkLocal(mac)}").Select(Hex))} }}";
            text += $"""
                    ether type ip6 icmpv6 type {"{ nd-router-advert, nd-redirect }"} counter name protocol drop
                    ether type ip6 icmpv6 type nd-neighbor-advert @th,64,128 != {targets} counter name source drop
                    ether type ip6 frag frag-off 0 icmpv6 type {"{ echo-request, echo-reply }"} ip6 saddr {set} {pass}
                    ether type ip6 frag frag-off 0 meta l4proto ipv6-icmp counter name protocol drop
                    ether type ip6 frag frag-off != 0 ip6 saddr {set} {pass}
                    ether type ip6 ip6 saddr {set} meta l4proto != 255 {pass}

                """;
        }

        return text + """
                ether type { arp, ip, ip6 } counter name source drop
                counter name protocol drop

            """;
    }

    /// <summary>The link-local address that a MAC address makes (RFC 4291, appendix A).</summary>
    internal static IPAddress LinkLocal(PhysicalAddress mac)
    {
        var m = mac.GetAddressBytes();
        return new IPAddress([0xfe, 0x80, 0, 0, 0, 0, 0, 0, (byte)(m[0] ^ 2), m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]]);
    }

    private static bool Has(UplinkSpec uplink, AddressFamily family) => uplink.Addresses.Any(a => IsV6(a) == (family == AddressFamily.InterNetworkV6));

    private static bool Usable(string address) => Knobs.HasV6 || !IsV6(address);

    private static bool IsV6(string address) => address.Contains(':', StringComparison.Ordinal);

    private static string Bare(string address) => address.Split('/')[0];

    private static string Hex(string address) =>
        "0x" + Convert.ToHexStringLower(IPAddress.Parse(address).GetAddressBytes()).ToString(CultureInfo.InvariantCulture);
}
