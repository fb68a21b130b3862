using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>
/// A server VM on the network of a NIC, under addresses of the file: as somebody else there, or at the base. The controls are made by an
/// ordinary host on an ordinary network. It has CAP_NET_ADMIN, which must not help.
/// </summary>
internal static class UplinkAttacks
{
    private const string Wall = "MOD-3 SW-1 SRV-2";
    private const string Program = "network.py";
    private const string Nobody = "02:00:00:00:00:77";

    // Whose address is taken; nobody's, so that no answer of its owner mends what was believed.
    private const string Taken4 = "198.51.100.77", Taken6 = "2001:db8:1::77";
    private const string OrdinaryTaken4 = "192.0.2.77", OrdinaryTaken6 = "2001:db8:5e::77";

    // A switch takes the first of these for untagged.
    private static readonly string[] s_odd = ["tag0/", "tag0/tag0/", "tag5/", "qinq/", "snap/"];
    private static readonly string[] s_untagged = ["", "tag0/", "tag0/tag0/", "snap/"];

    internal static readonly IReadOnlyList<Attack> All =
    [
        Frames("uplink.mac", "on a NIC's network: send with another's hardware address",
            s => [$"udp,{Nobody},{OrdinaryVictim(s)},{TestNetwork.BaseAddress4},{TestNetwork.ClientAddress4}"],
            s => [.. new[] { Nobody, BaseNic(s), Victim(s), PortEnd(s), "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01" }.SelectMany(m => new[]
                {
                    $"udp,{m},{Victim(s)},{Scene.Lan4},{TestNetwork.NicClientAddress4}", $"udp,{m},ff:ff:ff:ff:ff:ff,{Scene.Lan4},255.255.255.255",
                })]),
        Frames("uplink.source", "on a NIC's network: send with another's IP address",
            s => [$"udp,{OrdinaryOwn(s)},{OrdinaryVictim(s)},192.0.2.99,{TestNetwork.ClientAddress4}"],
            s => [.. new[] { TestNetwork.NicAddress4, TestNetwork.NicClientAddress4, "198.51.100.99", TestNetwork.BaseAddress4, "127.0.0.1", "0.0.0.0" }
                    .SelectMany(a => new[] { "", "pieces/", "nops/" }.Select(f => $"{f}udp,{Own(s)},{Victim(s)},{a},{TestNetwork.NicClientAddress4}")),
                .. new[] { TestNetwork.NicAddress6, TestNetwork.NicClientAddress6, "2001:db8:1::99", "fe80::99", "::1" }
                    .SelectMany(a => new[] { "", "pieces/", "hop/" }.Select(f => $"{f}udp,{Own(s)},{Victim(s)},{a},{TestNetwork.NicClientAddress6}"))]),
        Frames("uplink.frames", "on a NIC's network: send tagged frames, 802.3 frames and other protocols",
            s => [.. Odd(OrdinaryOwn(s), OrdinaryVictim(s), TestNetwork.BaseAddress4, TestNetwork.ClientAddress4)],
            s => [.. Odd(Own(s), Victim(s), Scene.Lan4, TestNetwork.NicClientAddress4)]),
        new Attack
        {
            Id = "uplink.arp",
            What = "on a NIC's network: make a neighbour believe that another's address is the VM's (ARP)",
            Requirements = Wall,
            From = Vantage.Lan,
            Program = Program,
            Native = s => Send(s.Ordinary.Base, TestNetwork.BaseInterface, Arp(OrdinaryOwn(s), OrdinaryVictim(s), OrdinaryTaken4, TestNetwork.ClientAddress4))
                with { Effect = _ => Believes(s.Ordinary.Client, OrdinaryTaken4, OrdinaryOwn(s)) },
            Inside = (s, _) => Send(null, "eth0",
                [.. Arp(Own(s), Victim(s), Taken4, TestNetwork.NicClientAddress4), .. Arp(Own(s), Victim(s), TestNetwork.NicAddress4, TestNetwork.NicClientAddress4),
                    $"arp,{Own(s)},{Victim(s)},{Scene.Lan4},{TestNetwork.NicClientAddress4},{Nobody}"])
                with
            {
                Effect = _ => Believes(s.Host.Network.Client, Taken4, Own(s)) ?? Believes(s.Host.Network.Client, TestNetwork.NicAddress4, Own(s))
                    ?? Believes(s.Host.Network.Client, Scene.Lan4, Nobody),
            },
        },
        Advertisement("uplink.neighbour6", "on a NIC's network: the same by neighbour discovery, plain and behind other headers",
            (own, to, source, target, taken) =>
            [
                $"ns,{own},{to},{taken},{target},{target}", $"na,{own},{to},{source},{target},{taken}", $"hop/na,{own},{to},{source},{target},{taken}",
                $"destination/destination/na,{own},{to},{source},{target},{taken}", $"routing/na,{own},{to},{source},{target},{taken}",
            ]),
        // A host need not take these (RFC 6980); one that does must not be led astray.
        Advertisement("uplink.neighbour6-pieces", "on a NIC's network: the same in pieces, which tell what they are only when they are together",
            (own, to, source, target, taken) =>
            [
                $"atomic/na,{own},{to},{source},{target},{taken}", $"pieces/na,{own},{to},{source},{target},{taken}",
                $"late/pieces/na,{own},{to},{source},{target},{taken}", $"atomic/pieces/na,{own},{to},{source},{target},{taken}",
            ]),
        Router("uplink.router", "on a NIC's network: be taken for a router", ["", "hop/", "destination/destination/"]),
        Router("uplink.router-pieces", "on a NIC's network: the same in pieces", ["pieces/", "late/pieces/", "atomic/"]),
        new Attack
        {
            Id = "uplink.base",
            What = "from a NIC's network: connect to the base by any of its addresses",
            Requirements = Wall + " EXP-1",
            From = Vantage.Lan,
            Program = Program,
            Native = s => new Trial("tcp", "7777", TestNetwork.BaseAddress4, TestNetwork.BaseAddress6) { Space = s.Ordinary.Client },
            Inside = (_, _) => new Trial(
                "tcp", "7777", TestNetwork.NicAddress4, TestNetwork.NicAddress6, TestNetwork.BaseAddress4, TestNetwork.BaseAddress6),
        },
        new Attack
        {
            Id = "uplink.base-frames",
            What = "from a NIC's network: send the base frames of its own making, to any of its hardware addresses",
            Requirements = Wall + " EXP-1",
            From = Vantage.Lan,
            Program = Program,
            Native = s =>
            {
                var own = Scene.MacOf(s.Ordinary.Client, TestNetwork.ClientInterface);
                return Delivered(s.OrdinaryBase, Send(
                    s.Ordinary.Client, TestNetwork.ClientInterface, [$"udp,{own},{OrdinaryOwn(s)},{TestNetwork.ClientAddress4},{TestNetwork.BaseAddress4}"]));
            },
            Inside = (s, _) => Delivered(s.Base, Send(null, "eth0",
                [.. new[] { BaseNic(s), PortEnd(s), Own(s), Nobody }.SelectMany(m => new[]
                {
                    $"udp,{Own(s)},{m},{Scene.Lan4},{TestNetwork.NicAddress4}", $"udp,{Own(s)},{m},{Scene.Lan4},{TestNetwork.BaseAddress4}",
                    $"udp,{Own(s)},{m},{Scene.Lan4},127.0.0.1", $"udp,{Own(s)},{m},{Scene.Lan6},{TestNetwork.NicAddress6}",
                }), $"udp,{Own(s)},ff:ff:ff:ff:ff:ff,{Scene.Lan4},255.255.255.255", $"udp,{Own(s)},01:00:5e:00:00:01,{Scene.Lan4},224.0.0.1",
                    $"udp,{Own(s)},33:33:00:00:00:01,{Scene.Lan6},ff02::1"])),
        },
        new Attack
        {
            Id = "uplink.admin-unseen",
            What = "on a NIC's network, with NET_ADMIN: spoil its end of the port in every way, and send what its IDS does not see",
            Requirements = "MOD-3 SW-2",
            From = Vantage.Lan,
            Program = Program,
            Native = _ => new Trial("spoil", "e0", Scene.NewToken(), "down")
            {
                Wrapper = ["unshare", "--net", "sh", "-c", "ip link add e0 type veth peer name e1 && ip link set e1 up && ip link set e0 up && exec \"$@\"", "sh"],
            },
            Inside = (s, _) =>
            {
                var token = Scene.NewToken();
                string[] frames =
                [
                    $"udp,{Own(s)},{Victim(s)},{Scene.Lan4},{TestNetwork.NicClientAddress4}", $"udp,{Own(s)},{Victim(s)},{Scene.Lan6},{TestNetwork.NicClientAddress6}",
                ];
                return new Trial(["spoil", "eth0", token, "all", .. frames]) { Effect = _ => Unseen(s, token) };
            },
        },
    ];

    private static string Own(Scene scene) => scene.MacInside(Scene.Lan, "eth0");

    private static string Victim(Scene scene) => Scene.MacOf(scene.Host.Network.Client, TestNetwork.NicOfClient);

    private static string BaseNic(Scene scene) => Scene.MacOf(scene.Host.Network.Base, TestNetwork.Nic);

    private static string PortEnd(Scene scene) => Scene.MacOf(scene.Host.Network.Base, scene.PortOf(Scene.Lan));

    private static string OrdinaryOwn(Scene scene) => Scene.MacOf(scene.Ordinary.Base, TestNetwork.BaseInterface);

    private static string OrdinaryVictim(Scene scene) => Scene.MacOf(scene.Ordinary.Client, TestNetwork.ClientInterface);

    private static IEnumerable<string> Odd(string own, string to, string source, string target) =>
        [.. s_odd.Select(f => $"{f}udp,{own},{to},{source},{target}"), $"ether,{own},{to},,"];

    /// <summary>Requests and answers, to the victim and to all, also as frames that a switch takes for untagged.</summary>
    private static List<string> Arp(string own, string to, string taken, string victim) =>
        [.. s_untagged.SelectMany(f => new[]
            {
                $"{f}arp,{own},{to},{taken},{victim}", $"{f}arp,{own},ff:ff:ff:ff:ff:ff,{taken},{victim}", $"{f}arp-reply,{own},{to},{taken},{victim}",
            })];

    private static Trial Send(string? space, string device, IReadOnlyList<string> frames)
    {
        var token = Scene.NewToken();
        return new Trial(["frames", device, token, .. frames]) { Space = space, Token = token };
    }

    private static Attack Frames(string id, string what, Func<Scene, IReadOnlyList<string>> native, Func<Scene, IReadOnlyList<string>> inside) => new()
    {
        Id = id,
        What = what,
        Requirements = Wall,
        From = Vantage.Lan,
        Program = Program,
        Native = s => Send(s.Ordinary.Base, TestNetwork.BaseInterface, native(s)),
        Inside = (s, _) => Send(null, "eth0", inside(s)),
    };

    private static Attack Advertisement(string id, string what, Func<string, string, string, string, string, IReadOnlyList<string>> frames) => new()
    {
        Id = id,
        What = what,
        Requirements = Wall,
        From = Vantage.Lan,
        Program = Program,
        Native = s => Believing(s.Ordinary.Client, TestNetwork.ClientInterface, OrdinaryTaken6, OrdinaryOwn(s), Send(
            s.Ordinary.Base, TestNetwork.BaseInterface,
            frames(OrdinaryOwn(s), OrdinaryVictim(s), TestNetwork.BaseAddress6, TestNetwork.ClientAddress6, OrdinaryTaken6))),
        Inside = (s, _) => Believing(s.Host.Network.Client, TestNetwork.NicOfClient, Taken6, Own(s), Send(
            null, "eth0", frames(Own(s), Victim(s), Scene.Lan6, TestNetwork.NicClientAddress6, Taken6))),
    };

    /// <summary>The victim knows somebody of that address, and takes discovery in pieces, too.</summary>
    private static Trial Believing(string victim, string device, string taken, string own, Trial trial) => trial with
    {
        // What is sent under one's own address arrives; what counts is what is made of it.
        Token = null,
        Before = () =>
        {
            Gullible(victim, device);
            _ = Tool.RunChecked("ip", ["-n", victim, "neighbour", "replace", taken, "lladdr", "02:00:00:00:00:55", "nud", "stale", "dev", device]);
        },
        After = () => Tool.Run("ip", ["-n", victim, "neighbour", "delete", taken, "dev", device]),
        Effect = _ => Believes(victim, taken, own),
    };

    private static void Gullible(string victim, string device) => Tool.RunChecked("nsenter", TestNetwork.Enter(
        victim, "sh", "-c", $"for d in all {device}; do echo 0 > /proc/sys/net/ipv6/conf/$d/suppress_frag_ndisc; done"));

    private static string? Believes(string space, string address, string mac)
    {
        Thread.Sleep(200);
        var table = Tool.RunChecked("ip", ["-n", space, "neighbour", "show", address]);
        return table.Contains(mac, StringComparison.Ordinal) ? table.Trim() : null;
    }

    private static Attack Router(string id, string what, IReadOnlyList<string> forms)
    {
        return new Attack
        {
            Id = id,
            What = what,
            Requirements = Wall,
            From = Vantage.Lan,
            Program = Program,
            Native = s => Advertised(s.Ordinary.Client, TestNetwork.ClientInterface, Send(
                s.Ordinary.Base, TestNetwork.BaseInterface, [.. forms.Select(f => $"{f}ra,{OrdinaryOwn(s)},33:33:00:00:00:01,{LinkLocal(OrdinaryOwn(s))},ff02::1")])),
            Inside = (s, _) => Advertised(s.Host.Network.Client, TestNetwork.NicOfClient, Send(
                null, "eth0", [.. forms.Select(f => $"{f}ra,{Own(s)},33:33:00:00:00:01,{LinkLocal(Own(s))},ff02::1")])),
        };

        static Trial Advertised(string victim, string device, Trial trial) => trial with
        {
            Token = null,
            Before = () => Gullible(victim, device),
            After = () => Tool.Run("nsenter", TestNetwork.Enter(
                victim, "sh", "-c", $"ip -6 route | grep 2001:db8:bad | while read r; do ip -6 route del $r; done; ip -6 address flush dev {device} to 2001:db8:bad::/64; ip -6 route del default dev {device} proto ra")),
            Effect = _ =>
            {
                Thread.Sleep(200);
                return Tool.RunChecked("ip", ["-n", victim, "-6", "route"]).Split('\n').FirstOrDefault(l => l.Contains("2001:db8:bad", StringComparison.Ordinal));
            },
        };
    }

    /// <summary>RFC 4291, appendix A.</summary>
    private static string LinkLocal(string mac)
    {
        var m = mac.Split(':').Select(p => Convert.ToByte(p, 16)).ToArray();
        return new System.Net.IPAddress([0xfe, 0x80, 0, 0, 0, 0, 0, 0, (byte)(m[0] ^ 2), m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]]).ToString();
    }

    /// <summary>On the network everybody may see the frames; a socket of that place may not.</summary>
    internal static Trial Delivered(Place place, Trial trial) => trial with
    {
        Token = null,
        Effect = _ =>
        {
            for (var i = 0; i < 10; i++)
            {
                Thread.Sleep(50);
                if (place.Log.Split('\n').FirstOrDefault(l => l.StartsWith("GOT", StringComparison.Ordinal) && l.EndsWith(trial.Token!, StringComparison.Ordinal)) is { } line)
                    return $"{place.Name} got it: {line}";
            }

            return null;
        },
    };

    /// <summary>More frames on the network than the IDS has seen?</summary>
    private static string? Unseen(Scene scene, string token)
    {
        int outside, seen;
        var end = Environment.TickCount64 + 5000;
        do
        {
            Thread.Sleep(200);
            outside = Count(scene.Client, $"FRAME {TestNetwork.NicOfClient} {token}");
            seen = Count(scene.Machine(Scene.Sift), $"FRAME mon0 {token}");
        }
        while (outside > seen && Environment.TickCount64 < end);
        return outside > seen ? $"{outside} frames on the network, {seen} seen by the IDS" : outside < 20 ? $"only {outside} frames got out, which proves nothing" : null;
    }

    internal static int Count(Place place, string line) => place.Log.Split('\n').Count(l => l == line);
}
