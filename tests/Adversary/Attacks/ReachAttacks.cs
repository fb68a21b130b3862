using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Reaching the base, another VM or, from an IDS VM, anybody (EXP-1). The controls run where no switch of ours stands.</summary>
internal static class ReachAttacks
{
    private const string Closed = "MOD-3 MOD-4 SW-1 NET-3 EXP-1";
    private const string Program = "network.py";
    private const string Port = "7777";
    private static readonly string[] ClientAddresses = [TestNetwork.ClientAddress4, TestNetwork.ClientAddress6];

    internal static readonly IReadOnlyList<Attack> All =
    [
        Reach("reach.base-tcp", "connect to the base by TCP", "tcp", Base, Port),
        Datagrams("reach.base-udp", "send to the base by UDP", Base),
        Reach("reach.base-ping", "ping the base", "ping", Base),
        Arp("reach.base-arp", "ask the base for its hardware address", BaseV4),
        Reach("reach.base-scan", "find an open port of the base (nmap)", "scan", (s, _) => [TestNetwork.BaseAddress4, TestNetwork.BaseAddress6],
            "22,80,443,7777,8081"),
        Reach("reach.vm-tcp", "connect to another VM by TCP", "tcp", OtherMachines, Port),
        Datagrams("reach.vm-udp", "send to another VM by UDP", OtherMachines),
        Reach("reach.vm-ping", "ping another VM", "ping", OtherMachines),
        Arp("reach.vm-arp", "ask another VM for its hardware address", (s, p) => OtherMachines(s, p).Where(a => !a.Contains(':', StringComparison.Ordinal))),
        Reach("reach.vm-scan", "find an open port of another VM (nmap)", "scan", OtherMachines, "22,80,7777"),
        Datagrams("reach.broadcast", "send to everybody by IPv4 broadcast and multicast", (_, _) => ["255.255.255.255", "224.0.0.1", "192.0.2.255"]),
        Datagrams("reach.multicast6", "send to everybody by IPv6 multicast", (_, p) => [$"ff02::1%{Device(p)}"]) with
        {
            Native = s => Datagram(Port, $"ff02::1%{TestNetwork.ClientInterface}") with { Space = s.Ordinary.Client },
        },
        new Attack
        {
            Id = "reach.hairpin-tcp",
            What = "connect to another VM through its published port",
            Requirements = Closed,
            Program = Program,
            Native = s => Published(s, new Trial("tcp", "8081", TestNetwork.BaseAddress4)),
            Inside = (_, _) => new Trial("tcp", "8081", TestNetwork.BaseAddress4, TestNetwork.BaseAddress6, "169.254.83.1"),
        },
        new Attack
        {
            Id = "reach.hairpin-udp",
            What = "send to another VM through its published port",
            Requirements = Closed,
            Program = Program,
            Native = s => Published(s, Datagram("8081", TestNetwork.BaseAddress4)),
            Inside = (_, _) => Datagram("8081", TestNetwork.BaseAddress4, TestNetwork.BaseAddress6, "169.254.83.1"),
        },
        Outside("ids.outside-tcp", "connect to the outside by TCP", _ => new Trial(["tcp", Port, .. ClientAddresses])),
        Outside("ids.outside-udp", "send to the outside by UDP", _ => Datagram(Port, ClientAddresses)),
        Outside("ids.outside-ping", "ping the outside", _ => new Trial(["ping", .. ClientAddresses])),
        Outside("ids.outside-dns", "ask a name server", _ => Datagram("53", ClientAddresses)),
        Outside("ids.interfaces", "find an interface other than lo and mirror ports", _ => new Trial("interfaces")),
        Outside("ids.routes", "find a route", _ => new Trial("routes")),
        .. Reconfigure(),
    ];

    /// <summary>The VM's interface.</summary>
    internal static string Device(Place place) => place.Name == Scene.Edge ? "mon0" : "eth0";

    /// <summary>Every address by which the base might answer.</summary>
    private static IEnumerable<string> Base(Scene scene, Place place)
    {
        var device = Device(place);
        return
        [
            .. BaseV4(scene, place), TestNetwork.BaseAddress6, $"fe80::1%{device}",
            .. LinkLocal(scene.Host.Network.Base, scene.PortOf(Scene.Web)).Select(a => $"{a}%{device}"),
        ];
    }

    private static IEnumerable<string> BaseV4(Scene scene, Place place) => [TestNetwork.BaseAddress4, "169.254.83.1"];

    private static IEnumerable<string> OtherMachines(Scene scene, Place place) =>
        place.Name == Scene.Web ? scene.AddressesOf(Scene.Db) : [.. scene.AddressesOf(Scene.Web), .. scene.AddressesOf(Scene.Db)];

    private static IEnumerable<string> LinkLocal(string space, string device) =>
        Tool.RunChecked("ip", ["-n", space, "-6", "-o", "address", "show", "dev", device, "scope", "link"])
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(w => w.StartsWith("fe80:", StringComparison.Ordinal)).Select(w => w.Split('/')[0]);

    private static Attack Reach(string id, string what, string kind, Func<Scene, Place, IEnumerable<string>> targets, params string[] arguments) => new()
    {
        Id = id,
        What = what,
        Requirements = Closed,
        Program = Program,
        Native = s => new Trial([kind, .. arguments, TestNetwork.BaseAddress4, TestNetwork.BaseAddress6]) { Space = s.Ordinary.Client },
        Inside = (s, p) => new Trial([kind, .. arguments, .. targets(s, p)]) { Limit = TimeSpan.FromSeconds(100) },
    };

    private static Attack Datagrams(string id, string what, Func<Scene, Place, IEnumerable<string>> targets) => new()
    {
        Id = id,
        What = what,
        Requirements = Closed,
        Program = Program,
        Native = s => Datagram(Port, [.. id == "reach.broadcast" ? ["192.0.2.255"] : new[] { TestNetwork.BaseAddress4 }]) with { Space = s.Ordinary.Client },
        Inside = (s, p) => Datagram(Port, [.. targets(s, p)]),
    };

    private static Attack Arp(string id, string what, Func<Scene, Place, IEnumerable<string>> targets) => new()
    {
        Id = id,
        What = what,
        Requirements = Closed,
        Program = Program,
        Native = s => new Trial("arping", TestNetwork.ClientInterface, TestNetwork.BaseAddress4) { Space = s.Ordinary.Client },
        Inside = (s, p) => new Trial(["arping", Device(p), .. targets(s, p)]),
    };

    private static Trial Datagram(string port, params IReadOnlyList<string> addresses)
    {
        var token = Scene.NewToken();
        return new Trial(["udp", token, port, .. addresses]) { Token = token };
    }

    /// <summary>From outside, where a published port is for everybody: this also shows that it is published.</summary>
    private static Trial Published(Scene scene, Trial trial)
    {
        _ = scene.Machine(Scene.Db);
        return trial with { Space = scene.Host.Network.Client };
    }

    private static Attack Outside(string id, string what, Func<Scene, Trial> trial) => new()
    {
        Id = id,
        What = what,
        Requirements = "MOD-4 NET-3 EXP-1",
        From = Vantage.Ids,
        Program = Program,
        Native = s => trial(s) with { Space = s.Ordinary.Base },
        Inside = (s, _) => trial(s),
    };

    /// <summary>What the base has set up, root in a VM must not change (IDS-4).</summary>
    private static IEnumerable<Attack> Reconfigure()
    {
        (string Id, string What, string Command)[] rows =
        [
            ("address", "give its interface another address", "ip address add 198.51.100.7/24 dev DEV"),
            ("route", "enter a route over its interface", "ip route add 203.0.113.0/24 dev DEV"),
            ("route6", "enter an IPv6 route over its interface", "ip -6 route add 2001:db8:77::/48 dev DEV"),
            ("hardware-address", "change its hardware address", "ip link set DEV address 02:00:00:00:00:77"),
            ("neighbour", "change who its neighbour is", "ip neighbour replace 169.254.83.1 lladdr 02:00:00:00:00:77 dev DEV"),
            ("rename", "rename its interface", "ip link set DEV name hsx0"),
            ("delete", "delete its interface", "ip link delete DEV"),
            ("down", "take its interface down", "ip link set DEV down"),
            ("filter", "attach a traffic classifier to its interface", "tc qdisc add dev DEV clsact"),
            ("packet-rules", "make packet filter rules", "nft add table inet hyperspector-attack"),
            ("new-device", "make another interface", "ip link add hsx0 type veth peer name hsx1"),
            ("mtu", "change the size of its frames", "ip link set DEV mtu 9000"),
            ("promiscuous", "change what its interface takes in", "ip link set DEV promisc off"),
            ("offload", "change what its interface does to frames", "ethtool -K DEV gro off"),
            ("queue", "change how many frames may wait", "ip link set DEV txqueuelen 1"),
            ("move", "move its interface to another network namespace", "ip link set DEV netns PID"),
            ("bridge", "make a bridge", "ip link add hsb0 type bridge"),
            ("rule", "make a routing rule", "ip rule add from 203.0.113.1 table 77"),
            ("security-policy", "make an IPsec policy", "ip xfrm policy add dir out src 203.0.113.0/24 dst 203.0.113.1 action block"),
        ];
        return rows.Select(row => new Attack
        {
            Id = $"network.{row.Id}",
            What = row.What,
            Requirements = "IDS-4 SW-4 NET-3 EXP-2",
            Program = Program,
            // "rename" wants the interface to be down on some kernels: e1's peer is down, as e0 is.
            Native = _ => new Trial("reconfigure", "e0", row.Command)
            {
                Wrapper = ["unshare", "--net", "sh", "-c",
                    "ip link add e0 type veth peer name e1" + (row.Id is "rename" ? "" : " && ip link set e0 up") + " && exec \"$@\"", "sh"],
            },
            Inside = (_, p) => new Trial("reconfigure", Device(p), row.Command),
            Expected = "EPERM",
        });
    }

}
