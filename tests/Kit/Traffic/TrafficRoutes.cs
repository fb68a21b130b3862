using System.Net;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Kit.Traffic;

/// <summary>What the mix needs of a test network.</summary>
public static class TrafficRoutes
{
    private const string Benign4 = "192.0.2.3", Benign6 = "2001:db8:5e::3";

    // Documentation prefixes (RFC 5737, RFC 3849): handmade frames come from here.
    private const string Raw4 = "198.51.100.0", Raw6 = "2001:db8:bad::";

    /// <summary>
    /// How long TCP waits before it sends again (ip-route(8), rto_min). On a busy machine the usual 200 ms pass before the other side is
    /// given the processor, and what is then sent again crosses with the answer.
    /// </summary>
    public const string Patience = "3s";

    /// <summary>Gives the client a second address, and lets the base swallow what is sent to addresses that nobody owns.</summary>
    public static void Add(TestNetwork network)
    {
        Ip(network.Client, "address", "add", $"{Benign4}/24", "dev", TestNetwork.ClientInterface);
        Ip(network.Client, "address", "add", $"{Benign6}/64", "dev", TestNetwork.ClientInterface, "nodad");
        Ip(network.Base, "route", "add", "blackhole", $"{Raw4}/24");
        Ip(network.Base, "-6", "route", "add", "blackhole", $"{Raw6}/64");
        Ip(network.Client, "route", "add", "default", "via", TestNetwork.BaseAddress4, "rto_min", Patience);
        Ip(network.Client, "-6", "route", "add", "default", "via", TestNetwork.BaseAddress6, "rto_min", Patience);
    }

    /// <summary>The target behind a port of that network's base.</summary>
    public static TrafficTarget Target(
        TestNetwork network, string port, byte[] baseMac, byte[] serverMac, IPAddress server4, IPAddress server6) => new()
        {
            ClientNamespace = $"/run/netns/{network.Client}",
            Front4 = server4,
            Front6 = server6,
            Address4 = server4,
            Address6 = server6,
            Hostile4 = IPAddress.Parse(TestNetwork.ClientAddress4),
            Hostile6 = IPAddress.Parse(TestNetwork.ClientAddress6),
            Benign4 = IPAddress.Parse(Benign4),
            Benign6 = IPAddress.Parse(Benign6),
            Raw = new RawEntry(
                $"/run/netns/{network.Base}", port, baseMac, serverMac, IPAddress.Parse(Raw4), IPAddress.Parse(Raw6)),
        };

    private static void Ip(string space, params string[] arguments) => _ = Tool.RunChecked("ip", ["-n", space, .. arguments]);
}
