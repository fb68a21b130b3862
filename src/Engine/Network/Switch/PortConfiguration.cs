using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HyperSpector.Api.Site;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>The two ends of a server's port: what each of them is told.</summary>
internal sealed class PortConfiguration(string host, string server, string port, PortAddresses addresses, UplinkSpec? uplink = null)
{
    internal const string Inside = "eth0";
    internal const int Mtu = 1500;

    // Next hops that exist nowhere: permanent neighbour entries lead to them, and nobody answers for them.
    private const string Gateway4 = "169.254.83.1";
    private const string Gateway6 = "fe80::1";

    // Behind the loopback interface's own 0, and different at each port.
    private const uint LoopbackMetric = 65536;

    private readonly string _machineMac = AddressPlan.Text(addresses.MachineMac);
    private readonly string _baseMac = AddressPlan.Text(addresses.BaseMac);
    private readonly string _nobodyMac = AddressPlan.Text(AddressPlan.Nobody(addresses.MachineMac));

    /// <summary>
    /// Kept at the base's end, out of the VM's reach: whose port this is, for which network namespace, and with which translation.
    /// </summary>
    internal string Alias(NamespaceFd machine, IReadOnlyList<PublishedPort> publish) =>
        $"{Prefix(host, server)}{machine.Inode}/{Fingerprint($"{addresses}{NicText}")}/{Fingerprint(string.Join(';', publish) + HostText)}";

    // Nothing for a server without an uplink: its port is right whoever made it.
    private string NicText => uplink?.Nic is { } nic ? $";{nic};{string.Join(',', uplink.Addresses)};{string.Join(',', uplink.Gateways)}" : "";

    private string HostText => uplink is { Host: true } ? $";{string.Join(',', uplink.Keep)}" : "";

    internal static string Prefix(string host, string server) => $"hyperspector/{host}/port/{server}/";

    /// <summary>Makes the pair, down, with the VM's end already in its namespace.</summary>
    internal void Create(NamespaceFd machine, string alias)
    {
        Links.Batch(
            $"link add name {port} address {_baseMac} mtu {Mtu} type veth "
                + $"peer name {Inside} address {_machineMac} mtu {Mtu} netns {machine.Path}",
            $"link set dev {port} arp off multicast off addrgenmode none",
            $"link set dev {port} alias {alias}");
    }

    /// <summary>The base's end before it goes up.</summary>
    internal void SetKnobs()
    {
        // On a NIC's network the base is no neighbour of its VM.
        if (uplink?.Nic is not null)
        {
            Uplink.Close(port);
            return;
        }

        _ = Knobs.Write($"ipv4/conf/{port}/forwarding", "1");
        // Lets a process of the base use a published port of 127.0.0.1; HostTable drops loopback addresses that arrive.
        _ = Knobs.Write($"ipv4/conf/{port}/route_localnet", "1");
        _ = Knobs.Write($"ipv4/conf/{port}/accept_redirects", "0");
        _ = Knobs.Write($"ipv4/conf/{port}/send_redirects", "0");
        _ = Knobs.Write($"ipv4/conf/{port}/accept_source_route", "0");
        // 8: answer for no address at all (NOARP says so, too).
        _ = Knobs.Write($"ipv4/conf/{port}/arp_ignore", "8");
        if (!Knobs.HasV6)
            return;
        _ = Knobs.Write($"ipv6/conf/{port}/disable_ipv6", "0");
        _ = Knobs.Write($"ipv6/conf/{port}/accept_ra", "0");
        _ = Knobs.Write($"ipv6/conf/{port}/accept_redirects", "0");
        _ = Knobs.Write($"ipv6/conf/{port}/forwarding", "1");
    }

    /// <summary>The VM's end; run inside its network namespace.</summary>
    internal void ConfigureInside()
    {
        // A new namespace inherits IPv4 settings from the machine's first one, where forwarding may be on by now.
        _ = Knobs.Write("ipv4/conf/default/forwarding", "0");
        _ = Knobs.Write($"ipv4/conf/{Inside}/forwarding", "0");
        if (uplink?.Nic is not null)
        {
            NicPort.ConfigureInside(uplink);
            return;
        }

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
            $"address replace {addresses.V4}/32 dev {Inside}",
            $"link set dev {Inside} up",
            $"neighbour replace {Gateway4} lladdr {_baseMac} nud permanent dev {Inside}",
            $"route replace default via {Gateway4} dev {Inside} onlink",
            .. Knobs.HasV6 ? (string[])[
                $"address replace {addresses.V6}/128 dev {Inside} nodad",
                $"neighbour replace {Gateway6} lladdr {_baseMac} nud permanent dev {Inside}",
                $"route replace default via {Gateway6} dev {Inside} onlink",
            ] : [],
        ]);
    }

    /// <summary>Lets frames pass: the last step. Repeating it does no harm.</summary>
    internal void Open()
    {
        if (uplink?.Nic is not null)
        {
            Links.Batch($"link set dev {port} up");
            return;
        }

        // The neighbours' address is nobody's: the programs at the port put the VM's in, and without them its kernel takes no frame.
        Links.Batch([
            $"link set dev {port} up",
            $"neighbour replace {addresses.V4} lladdr {_nobodyMac} nud permanent dev {port}",
            $"route replace {addresses.V4}/32 dev {port} scope link",
            .. Knobs.HasV6 ? (string[])[
                $"neighbour replace {addresses.V6} lladdr {_nobodyMac} nud permanent dev {port}",
                $"route replace {addresses.V6}/128 dev {port}",
                // What route_localnet is for IPv4: an answer to a process of the base that asked [::1] is delivered. Packets that
                // carry ::1 on a wire were refused by the kernel before.
                string.Create(CultureInfo.InvariantCulture,
                    $"route replace local ::1/128 dev {port} table local metric {LoopbackMetric + Interfaces.IndexOf(port)}"),
            ] : [],
        ]);
    }

    /// <summary>Is the VM's end where it should be, with the base's end as its other one? Run inside its network namespace.</summary>
    internal bool IsInside(LinkRow outside) => Links.All().Any(l =>
        l.Name == Inside && l.PeerIndex == outside.Index && outside.PeerIndex == l.Index && l.Address == _machineMac && l.Flags.Contains("UP") && l.Mtu == Mtu);

    /// <summary>Is it the base's end that we made?</summary>
    internal bool IsBase(LinkRow link) => link.Address == _baseMac && link.Flags.Contains("UP") && link.Flags.Contains("NOARP") && link.Mtu == Mtu;

    private static string Fingerprint(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 6));
}
