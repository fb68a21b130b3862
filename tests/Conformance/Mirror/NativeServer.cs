using System.Net;
using System.Security.Cryptography;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;
using HyperSpector.Tests.Kit.Traffic;
using HyperSpector.Tests.Kit.Watching;

namespace HyperSpector.Tests.Conformance.Mirror;

/// <summary>
/// The layout that HyperSpector makes, of the kernel's plain parts: a server's namespace behind a veth, a client in front of the base,
/// and a second veth onto which tc(8) mirrors both directions. It says what a mirror can do at all (host first, then ours).
/// </summary>
internal sealed class NativeServer : IDisposable
{
    private const string Port = "port0", Mirror = "mirror0", Monitor = "mon0";
    private const string Server4 = "10.83.0.2", Server6 = "fd83:ace::2", Gateway4 = "169.254.83.1";
    private const string BaseMac = "02:53:00:00:00:01", ServerMac = "02:53:00:00:00:02";
    private readonly TestNetwork _network;
    private readonly string _server;
    private readonly string _ids;
    private readonly Background? _responders;

    internal NativeServer(bool wire)
    {
        var name = "n" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));
        (_server, _ids) = ($"{name}-s", $"{name}-i");
        _network = new TestNetwork(name);
        try
        {
            foreach (var space in new[] { _server, _ids })
                Run("ip", "netns", "add", space);
            MakePort();
            MakeMirror(wire);
            TrafficRoutes.Add(_network);
            _responders = new Background("nsenter", TestNetwork.Enter(_server, Responders.Command(Responders.Path)));
            _responders.WaitFor("ready");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal TrafficTarget Target => TrafficRoutes.Target(
        _network, Port, Responders.Mac(BaseMac), Responders.Mac(ServerMac), IPAddress.Parse(Server4), IPAddress.Parse(Server6));

    internal WatchPoint OnPort => WatchPoint.InNamespace("base", _network.Base, Port);

    internal WatchPoint OnMirror => WatchPoint.InNamespace("mirror", _ids, Monitor);

    internal static byte[] ServerAddress => Responders.Mac(ServerMac);

    public void Dispose()
    {
        _responders?.Dispose();
        foreach (var space in new[] { _server, _ids }.Where(s => File.Exists($"/run/netns/{s}")))
            Run("ip", "netns", "delete", space);
        _network.Dispose();
    }

    private void MakePort()
    {
        Run("ip", "link", "add", Port, "netns", _network.Base, "address", BaseMac, "type", "veth",
            "peer", "name", "eth0", "netns", _server, "address", ServerMac);
        Quiet(_server, "all", "default");
        Quiet(_network.Base, Port);
        In(_server, "ip", "link", "set", "lo", "up");
        In(_server, "ip", "link", "set", "eth0", "up");
        In(_network.Base, "ip", "link", "set", Port, "up");
        In(_server, "ip", "address", "add", $"{Server4}/32", "dev", "eth0");
        In(_server, "ip", "address", "add", $"{Server6}/128", "dev", "eth0", "nodad");
        In(_server, "ip", "neighbour", "add", Gateway4, "lladdr", BaseMac, "dev", "eth0", "nud", "permanent");
        In(_server, "ip", "neighbour", "add", "fe80::1", "lladdr", BaseMac, "dev", "eth0", "nud", "permanent");
        In(_server, "ip", "route", "add", "default", "via", Gateway4, "dev", "eth0", "onlink", "rto_min", TrafficRoutes.Patience);
        In(_server, "ip", "-6", "route", "add", "default", "via", "fe80::1", "dev", "eth0", "onlink", "rto_min", TrafficRoutes.Patience);
        In(_network.Base, "ip", "route", "add", $"{Server4}/32", "dev", Port);
        In(_network.Base, "ip", "-6", "route", "add", $"{Server6}/128", "dev", Port);
        In(_network.Base, "ip", "neighbour", "add", Server4, "lladdr", ServerMac, "dev", Port, "nud", "permanent");
        In(_network.Base, "ip", "neighbour", "add", Server6, "lladdr", ServerMac, "dev", Port, "nud", "permanent");
        In(_network.Base, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    }

    private void MakeMirror(bool wire)
    {
        Run("ip", "link", "add", Mirror, "netns", _network.Base, "type", "veth", "peer", "name", Monitor, "netns", _ids);
        Quiet(_network.Base, Mirror);
        Quiet(_ids, Monitor);
        if (wire)
            In(_network.Base, "ethtool", "-K", Mirror, "tso", "off", "gso", "off", "tx", "off", "sg", "off");
        In(_network.Base, "ip", "link", "set", Mirror, "up");
        In(_ids, "ip", "link", "set", Monitor, "up", "promisc", "on");
        In(_network.Base, "tc", "qdisc", "add", "dev", Port, "clsact");
        foreach (var direction in new[] { "ingress", "egress" })
        {
            // 'u32 match u32 0 0' takes every frame; the kernel may lack cls_matchall.
            In(_network.Base, "tc", "filter", "add", "dev", Port, direction, "protocol", "all", "u32", "match", "u32", "0", "0",
                "action", "mirred", "egress", "mirror", "dev", Mirror);
        }
    }

    // No router solicitations, no duplicate address detection, no reports of multicast groups of the kernel's own.
    private static void Quiet(string space, params string[] devices) =>
        In(space, ["sysctl", "-qw", .. devices.Select(d => $"net.ipv6.conf.{d}.disable_ipv6={(space.EndsWith('s') || d == Port ? 0 : 1)}"),
            .. devices.Select(d => $"net.ipv6.conf.{d}.accept_ra=0"), .. devices.Select(d => $"net.ipv6.conf.{d}.addr_gen_mode=1")]);

    private static void In(string space, params IReadOnlyList<string> command) => Run("nsenter", [.. TestNetwork.Enter(space, command)]);

    private static void Run(string tool, params string[] arguments) => _ = Tool.RunChecked(tool, arguments);
}
