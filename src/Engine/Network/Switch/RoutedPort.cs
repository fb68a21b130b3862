using System.Globalization;
using HyperSpector.Api.Site;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>A port whose packets the base routes, polices and translates: it is the VM's only neighbour, under addresses of the switch's own.</summary>
internal sealed class RoutedPort(string host, string server, string port, PortAddresses addresses, UplinkSpec? uplink)
    : PortConfiguration(host, server, port, addresses, uplink)
{
    // Next hops that exist nowhere: permanent neighbour entries lead to them, and nobody answers for them.
    private const string Gateway4 = "169.254.83.1";
    private const string Gateway6 = "fe80::1";

    // Behind the loopback interface's own 0, and different at each port.
    private const uint LoopbackMetric = 65536;

    private readonly string _nobodyMac = AddressPlan.Text(AddressPlan.Nobody(addresses.MachineMac));

    /// <inheritdoc/>
    internal override void SetKnobs()
    {
        _ = Knobs.Write($"ipv4/conf/{Port}/forwarding", "1");
        // Lets a process of the base use a published port of 127.0.0.1; HostTable drops loopback addresses that arrive.
        _ = Knobs.Write($"ipv4/conf/{Port}/route_localnet", "1");
        _ = Knobs.Write($"ipv4/conf/{Port}/accept_redirects", "0");
        _ = Knobs.Write($"ipv4/conf/{Port}/send_redirects", "0");
        _ = Knobs.Write($"ipv4/conf/{Port}/accept_source_route", "0");
        // 8: answer for no address at all (NOARP says so, too).
        _ = Knobs.Write($"ipv4/conf/{Port}/arp_ignore", "8");
        if (!Knobs.HasV6)
            return;
        _ = Knobs.Write($"ipv6/conf/{Port}/disable_ipv6", "0");
        _ = Knobs.Write($"ipv6/conf/{Port}/accept_ra", "0");
        _ = Knobs.Write($"ipv6/conf/{Port}/accept_redirects", "0");
        _ = Knobs.Write($"ipv6/conf/{Port}/forwarding", "1");
    }

    /// <inheritdoc/>
    internal override void ConfigureInside()
    {
        CloseInside();
        if (Knobs.HasV6)
        {
            _ = Knobs.Write($"ipv6/conf/{Inside}/accept_ra", "0");
            _ = Knobs.Write($"ipv6/conf/{Inside}/autoconf", "0");
            _ = Knobs.Write($"ipv6/conf/{Inside}/accept_redirects", "0");
            _ = Knobs.Write($"ipv6/conf/{Inside}/accept_dad", "0");
        }

        Links.Batch([
            "link set dev lo up",
            $"link set dev {Inside} addrgenmode none",
            $"address replace {Addresses.V4}/32 dev {Inside}",
            $"link set dev {Inside} up",
            $"neighbour replace {Gateway4} lladdr {BaseMac} nud permanent dev {Inside}",
            $"route replace default via {Gateway4} dev {Inside} onlink",
            .. Knobs.HasV6 ? (string[])[
                $"address replace {Addresses.V6}/128 dev {Inside} nodad",
                $"neighbour replace {Gateway6} lladdr {BaseMac} nud permanent dev {Inside}",
                $"route replace default via {Gateway6} dev {Inside} onlink",
            ] : [],
        ]);
    }

    /// <inheritdoc/>
    internal override void Open()
    {
        // The neighbours' address is nobody's: the programs at the port put the VM's in, and without them its kernel takes no frame.
        Links.Batch([
            $"link set dev {Port} up",
            $"neighbour replace {Addresses.V4} lladdr {_nobodyMac} nud permanent dev {Port}",
            $"route replace {Addresses.V4}/32 dev {Port} scope link",
            .. Knobs.HasV6 ? (string[])[
                $"neighbour replace {Addresses.V6} lladdr {_nobodyMac} nud permanent dev {Port}",
                $"route replace {Addresses.V6}/128 dev {Port}",
                // What route_localnet is for IPv4: an answer to a process of the base that asked [::1] is delivered. Packets that
                // carry ::1 on a wire were refused by the kernel before.
                string.Create(CultureInfo.InvariantCulture,
                    $"route replace local ::1/128 dev {Port} table local metric {LoopbackMetric + Interfaces.IndexOf(Port)}"),
            ] : [],
        ]);
    }
}
