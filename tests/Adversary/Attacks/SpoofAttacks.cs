using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Raw frames of a server VM that pretend to be somebody else's, or want to be taken for something else.</summary>
internal static class SpoofAttacks
{
    private const string Program = "network.py";
    private const string Nobody = "02:00:00:00:00:77";

    internal static readonly IReadOnlyList<Attack> All =
    [
        Frames("spoof.source4", "send with another's IPv4 address",
            s => [Native(s, "192.0.2.99", TestNetwork.ClientAddress4)],
            s => [.. new[] { "192.0.2.99", TestNetwork.BaseAddress4, TestNetwork.ClientAddress4, "127.0.0.1", "0.0.0.0", s.AddressesOf(Scene.Db)[0] }
                .Select(a => Inside(s, a, TestNetwork.ClientAddress4))]),
        Frames("spoof.source6", "send with another's IPv6 address",
            s => [Native(s, "2001:db8:5e::99", TestNetwork.ClientAddress6)],
            s => [.. new[] { "2001:db8:5e::99", TestNetwork.BaseAddress6, TestNetwork.ClientAddress6, "::1", "fe80::99", Six(s, Scene.Db) }
                .Select(a => Inside(s, a, TestNetwork.ClientAddress6))]),
        Frames("spoof.mac", "send with another's hardware address",
            s => [$"udp,{Nobody},{ClientMac(s)},192.0.2.1,{TestNetwork.ClientAddress4}"],
            s => [$"udp,{Nobody},{BaseMac(s)},{Four(s)},{TestNetwork.ClientAddress4}", $"udp,{BaseMac(s)},{BaseMac(s)},{Four(s)},{TestNetwork.ClientAddress4}"]),
        Frames("spoof.vlan", "send with a VLAN tag",
            s => [$"vlan,{MacOfBase(s)},{ClientMac(s)},192.0.2.1,{TestNetwork.ClientAddress4}"],
            s => [$"vlan,{Mac(s)},{BaseMac(s)},{Four(s)},{TestNetwork.ClientAddress4}"]),
        Frames("spoof.other-vm", "send another VM a frame of its own making",
            s => [Native(s, TestNetwork.BaseAddress4, TestNetwork.ClientAddress4)],
            s => [.. new[] { Four(s), TestNetwork.ClientAddress4 }.SelectMany(a => new[]
                {
                    Inside(s, a, s.AddressesOf(Scene.Db)[0]),
                    $"udp,{Mac(s)},{s.MacInside(Scene.Db, "eth0")},{a},{s.AddressesOf(Scene.Db)[0]},7777",
                }), Inside(s, Six(s, Scene.Web), Six(s, Scene.Db))]),
        Frames("spoof.base-loopback", "send to the base's loopback address",
            s => [$"udp,{Nobody},{ClientMac(s)},192.0.2.1,127.0.0.1"],
            s => [.. new[] { Four(s), "127.0.0.1", TestNetwork.ClientAddress4 }.Select(a => Inside(s, a, "127.0.0.1"))]) with
        {
            // Martian, unless route_localnet is on, as it must be where a published port serves the base's own processes.
            Native = s => Send(s.Ordinary.Base, TestNetwork.BaseInterface, [$"udp,{Nobody},{ClientMac(s)},192.0.2.1,127.0.0.1"]) with
            {
                Before = () => RouteLocal(s, 1),
                After = () => RouteLocal(s, 0),
            },
        },
        Frames("spoof.into-ids", "have a mirrored frame delivered to a program in the IDS VM",
            s => [.. Everybody(MacOfBase(s), TestNetwork.BaseAddress4, "fe80::99")],
            s => [.. Everybody(Mac(s), Four(s), Six(s, Scene.Web)), .. ToMirror(s)]) with
        {
            Requirements = "MOD-3 IDS-1 SW-4",
            Inside = (s, _) =>
            {
                var trial = Send(null, "eth0", [.. Everybody(Mac(s), Four(s), Six(s, Scene.Web)), .. ToMirror(s)]);
                return trial with
                {
                    // Without a copy at the mirror port nothing would have been tried.
                    Effect = _ => Seen(s, trial.Token!) ? null : "the switch copied nothing, so this proves nothing",
                };
            },
        },
        Neighbour("spoof.arp", "make the base believe in a wrong neighbour (ARP)", "192.0.2.77",
            (smac, dmac) => [$"arp,{smac},{dmac},192.0.2.77,192.0.2.1", $"arp,{smac},ff:ff:ff:ff:ff:ff,192.0.2.77,192.0.2.1",
                $"arp,{smac},ff:ff:ff:ff:ff:ff,192.0.2.77,169.254.83.1"]),
        Neighbour("spoof.neighbour6", "make the base believe in a wrong neighbour (IPv6)", "2001:db8:5e::77",
            (smac, dmac) => [$"ns,{smac},{dmac},2001:db8:5e::77,2001:db8:5e::1,2001:db8:5e::1", $"ns,{smac},{dmac},2001:db8:5e::77,fe80::1,fe80::1"]),
        new Attack
        {
            Id = "spoof.router",
            What = "make the base believe in a wrong router (router advertisement)",
            Requirements = "MOD-3 SW-1",
            From = Vantage.Server,
            Program = Program,
            Native = s => Router(s.Ordinary.Client, TestNetwork.ClientInterface, s.Ordinary.Base, Nobody, "fe80::77"),
            Inside = (s, _) => Router(null, "eth0", s.Host.Network.Base, Mac(s), "fe80::77"),
        },
    ];

    private static string Four(Scene scene) => scene.AddressesOf(Scene.Web).First(a => !a.Contains(':', StringComparison.Ordinal));

    private static string Six(Scene scene, string server) => scene.AddressesOf(server).First(a => a.Contains(':', StringComparison.Ordinal));

    private static string Mac(Scene scene) => scene.MacInside(Scene.Web, "eth0");

    private static string BaseMac(Scene scene) => Scene.MacOf(scene.Host.Network.Base, scene.PortOf(Scene.Web));

    private static string ClientMac(Scene scene) => Scene.MacOf(scene.Ordinary.Client, TestNetwork.ClientInterface);

    private static string MacOfBase(Scene scene) => Scene.MacOf(scene.Ordinary.Base, TestNetwork.BaseInterface);

    private static string Native(Scene scene, string source, string target) => $"udp,{MacOfBase(scene)},{ClientMac(scene)},{source},{target}";

    private static string Inside(Scene scene, string source, string target) => $"udp,{Mac(scene)},{BaseMac(scene)},{source},{target}";

    /// <summary>Frames for everybody on a segment.</summary>
    private static IEnumerable<string> Everybody(string mac, string four, string six) =>
    [
        $"udp,{mac},ff:ff:ff:ff:ff:ff,{four},255.255.255.255", $"udp,{mac},01:00:5e:00:00:01,{four},224.0.0.1",
        $"udp,{mac},33:33:00:00:00:01,{six},ff02::1", $"udp,{mac},ff:ff:ff:ff:ff:ff,{four},127.0.0.1",
    ];

    /// <summary>Frames that the mirror port would take for its own.</summary>
    private static IEnumerable<string> ToMirror(Scene scene)
    {
        var mirror = scene.MacInside(Scene.Edge, "mon0");
        return
        [
            $"udp,{Mac(scene)},{mirror},{Four(scene)},127.0.0.1", $"udp,{Mac(scene)},{mirror},{Four(scene)},255.255.255.255",
            $"udp,{Mac(scene)},{mirror},{Six(scene, Scene.Web)},ff02::1", $"udp,{Mac(scene)},{mirror},{Six(scene, Scene.Web)},::1",
        ];
    }

    private static bool Seen(Scene scene, string token)
    {
        for (var i = 0; i < 20; i++)
        {
            if (scene.Machine(Scene.Edge).Log.Contains($"FRAME mon0 {token}", StringComparison.Ordinal))
                return true;
            Thread.Sleep(50);
        }

        return false;
    }

    private static Trial Send(string? space, string device, IReadOnlyList<string> frames)
    {
        var token = Scene.NewToken();
        return new Trial(["frames", device, token, .. frames]) { Space = space, Token = token };
    }

    private static Attack Frames(string id, string what, Func<Scene, IReadOnlyList<string>> native, Func<Scene, IReadOnlyList<string>> inside) => new()
    {
        Id = id,
        What = what,
        Requirements = "MOD-3 SW-1 SRV-2",
        From = Vantage.Server,
        Program = Program,
        Native = s => Send(s.Ordinary.Base, TestNetwork.BaseInterface, native(s)),
        Inside = (s, _) => Send(null, "eth0", inside(s)),
    };

    private static Attack Neighbour(string id, string what, string address, Func<string, string, IReadOnlyList<string>> frames) => new()
    {
        Id = id,
        What = what,
        Requirements = "MOD-3 SW-1",
        From = Vantage.Server,
        Program = Program,
        Native = s => Send(s.Ordinary.Client, TestNetwork.ClientInterface, frames(ClientMac(s), MacOfBase(s)))
            with
        { Effect = _ => Believes(s.Ordinary.Base, address) },
        Inside = (s, _) => Send(null, "eth0", frames(Mac(s), BaseMac(s))) with { Effect = _ => Believes(s.Host.Network.Base, address) },
    };

    private static string? Believes(string space, string address)
    {
        Thread.Sleep(200);
        var table = Tool.RunChecked("ip", ["-n", space, "neighbour", "show", address]);
        return table.Contains("lladdr", StringComparison.Ordinal) ? table.Trim() : null;
    }

    private static Trial Router(string? space, string device, string victim, string mac, string source) =>
        Send(space, device, [$"ra,{mac},33:33:00:00:00:01,{source},ff02::1"]) with
        {
            Effect = _ =>
            {
                Thread.Sleep(200);
                return Tool.RunChecked("ip", ["-n", victim, "-6", "route"]).Split('\n').FirstOrDefault(l => l.Contains("2001:db8:bad", StringComparison.Ordinal));
            },
        };

    private static void RouteLocal(Scene scene, int value) =>
        Tool.RunChecked("nsenter", TestNetwork.Enter(
            scene.Ordinary.Client, "sh", "-c", $"echo {value} > /proc/sys/net/ipv4/conf/{TestNetwork.ClientInterface}/route_localnet"));
}
