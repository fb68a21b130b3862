using System.Security.Cryptography;
using System.Text;
using HyperSpector.Api.Site;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>
/// The two ends of a server's port: what each of them is told. There are two kinds: one whose packets the base routes
/// (<see cref="RoutedPort"/>), and one that is joined to a NIC's network (<see cref="NicPort"/>).
/// </summary>
internal abstract class PortConfiguration(string host, string server, string port, PortAddresses addresses, UplinkSpec? uplink)
{
    internal const string Inside = "eth0";
    internal const int Mtu = 1500;

    private readonly string _machineMac = AddressPlan.Text(addresses.MachineMac);

    /// <summary>The name of the base's end.</summary>
    protected string Port { get; } = port;

    /// <summary>Of both ends.</summary>
    protected PortAddresses Addresses { get; } = addresses;

    /// <summary>The base's end's, as tools write it.</summary>
    protected string BaseMac { get; } = AddressPlan.Text(addresses.BaseMac);

    internal static PortConfiguration For(string host, string server, string port, PortAddresses addresses, UplinkSpec? uplink) =>
        uplink is { Nic: not null } nic
            ? new NicPort(host, server, port, addresses, nic)
            : new RoutedPort(host, server, port, addresses, uplink);

    /// <summary>
    /// Kept at the base's end, out of the VM's reach: whose port this is, for which network namespace, and with which translation.
    /// </summary>
    internal string Alias(NamespaceFd machine, IReadOnlyList<PublishedPort> publish) =>
        $"{Prefix(host, server)}{machine.Inode}/{Fingerprint($"{Addresses}{NicText}")}/{Fingerprint(string.Join(';', publish) + HostText)}";

    // Nothing for a server without an uplink: its port is right whoever made it.
    private string NicText => uplink?.Nic is { } nic ? $";{nic};{string.Join(',', uplink.Addresses)};{string.Join(',', uplink.Gateways)}" : "";

    private string HostText => uplink is { Host: true } ? $";{string.Join(',', uplink.Keep)}" : "";

    internal static string Prefix(string host, string server) => $"hyperspector/{host}/port/{server}/";

    /// <summary>Makes the pair, down, with the VM's end already in its namespace.</summary>
    internal void Create(NamespaceFd machine, string alias)
    {
        Links.Batch(
            $"link add name {Port} address {BaseMac} mtu {Mtu} type veth "
                + $"peer name {Inside} address {_machineMac} mtu {Mtu} netns {machine.Path}",
            $"link set dev {Port} arp off multicast off addrgenmode none",
            $"link set dev {Port} alias {alias}");
    }

    /// <summary>The base's end before it goes up.</summary>
    internal abstract void SetKnobs();

    /// <summary>The VM's end; run inside its network namespace.</summary>
    internal abstract void ConfigureInside();

    /// <summary>Lets frames pass: the last step. Repeating it does no harm.</summary>
    internal abstract void Open();

    /// <summary>A new namespace inherits IPv4 settings from the machine's first one, where forwarding may be on by now.</summary>
    protected static void CloseInside()
    {
        _ = Knobs.Write("ipv4/conf/default/forwarding", "0");
        _ = Knobs.Write($"ipv4/conf/{Inside}/forwarding", "0");
    }

    /// <summary>Is the VM's end where it should be, with the base's end as its other one? Run inside its network namespace.</summary>
    internal bool IsInside(LinkRow outside) => Links.All().Any(l =>
        l.Name == Inside && l.PeerIndex == outside.Index && outside.PeerIndex == l.Index && l.Address == _machineMac && l.Flags.Contains("UP") && l.Mtu == Mtu);

    /// <summary>Is it the base's end that we made?</summary>
    internal bool IsBase(LinkRow link) => link.Address == BaseMac && link.Flags.Contains("UP") && link.Flags.Contains("NOARP") && link.Mtu == Mtu;

    private static string Fingerprint(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 6));
}
