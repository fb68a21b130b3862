using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>The mirror port as a way out of the IDS VM (EXP-2): it only delivers.</summary>
internal static class MirrorAttacks
{
    private const string Wall = "MOD-4 SW-3 SW-4 NET-3 EXP-2";
    private const string Program = "network.py";

    internal static readonly IReadOnlyList<Attack> All =
    [
        new Attack
        {
            Id = "mirror.frames",
            What = "send raw frames through the mirror port",
            Requirements = Wall,
            From = Vantage.Ids,
            Program = Program,
            Native = s => Send(["frames", TestNetwork.BaseInterface], [$"udp,{Of(s.Ordinary.Base)},{Of(s.Ordinary.Client)},192.0.2.1,192.0.2.2"])
                with { Space = s.Ordinary.Base },
            Inside = (s, p) =>
            {
                var frames = Frames(s, s.MacInside(p.Name, "mon0"));
                // Each is sent three times; the switch counts what it refuses.
                return Counted(s, Scene.Edge, Scene.Web, Send(["frames", "mon0"], frames), 3 * frames.Count);
            },
        },
        new Attack
        {
            Id = "mirror.bound-device",
            What = "send through the mirror port without a route (SO_BINDTODEVICE)",
            Requirements = Wall,
            From = Vantage.Ids,
            Program = Program,
            Native = s => Send(["bound-to-device", TestNetwork.BaseInterface], ["7777", TestNetwork.ClientAddress4]) with { Space = s.Ordinary.Base },
            Inside = (s, _) => Send(["bound-to-device", "mon0"],
                ["7777", TestNetwork.ClientAddress4, TestNetwork.ClientAddress6, TestNetwork.BaseAddress4, .. s.AddressesOf(Scene.Web), "255.255.255.255"]),
        },
        new Attack
        {
            Id = "mirror.admin-route",
            What = "with net_admin: enter routes over the mirror port and send",
            Requirements = Wall,
            From = Vantage.Admin,
            Program = Program,
            Native = s => Routed(s.Ordinary.Client, TestNetwork.BaseInterface) with { Space = s.Ordinary.Base },
            Inside = (s, _) => Counted(s, Scene.Admin, Scene.Web, Routed(s.Host.Network.Client, "mon-web"), 4),
            // The route must really have been entered: otherwise only its refusal would have been shown.
            Expected = "routes entered",
        },
        new Attack
        {
            Id = "mirror.admin-frames",
            What = "with net_admin: send raw frames through each mirror port",
            Requirements = Wall,
            From = Vantage.Admin,
            Program = Program,
            Native = s => Send(["frames", TestNetwork.BaseInterface], [$"udp,{Of(s.Ordinary.Base)},{Of(s.Ordinary.Client)},192.0.2.1,192.0.2.2"])
                with { Space = s.Ordinary.Base },
            Inside = (s, p) =>
            {
                var frames = Frames(s, s.MacInside(p.Name, "mon-db"));
                return Counted(s, Scene.Admin, Scene.Db, Send(["frames", "mon-db"], frames), 3 * frames.Count);
            },
        },
        new Attack
        {
            Id = "mirror.admin-bridge",
            What = "with net_admin: join two mirror ports, to carry frames from one server to another",
            Requirements = Wall + " SW-1",
            From = Vantage.Admin,
            Program = Program,
            Native = _ => new Trial("bridge", "a1", "b1", "0") { Wrapper = ["unshare", "--net"] },
            Inside = (s, _) => Bridged(s),
            Expected = "bridged",
        },
    ];

    private static string Of(string space) =>
        Scene.MacOf(space, space.EndsWith("-b", StringComparison.Ordinal) ? TestNetwork.BaseInterface : TestNetwork.ClientInterface);

    /// <summary>To whomever a frame might be addressed: the server, the base's end of its port, the outside, everybody.</summary>
    internal static List<string> Frames(Scene scene, string own)
    {
        string[] hardware =
        [
            scene.MacInside(Scene.Web, "eth0"), Scene.MacOf(scene.Host.Network.Base, scene.PortOf(Scene.Web)), Of(scene.Host.Network.Client),
            Of(scene.Host.Network.Base), "ff:ff:ff:ff:ff:ff",
        ];
        var web = scene.AddressesOf(Scene.Web);
        var four = web.First(a => !a.Contains(':', StringComparison.Ordinal));
        var six = web.First(a => a.Contains(':', StringComparison.Ordinal));
        var frames = new List<string>();
        foreach (var target in hardware)
        {
            frames.Add($"udp,{own},{target},{TestNetwork.ClientAddress4},{four}");
            frames.Add($"udp,{own},{target},{four},{TestNetwork.ClientAddress4}");
            frames.Add($"udp,{own},{target},{four},{TestNetwork.BaseAddress4}");
            frames.Add($"udp,{own},{target},{TestNetwork.ClientAddress6},{six}");
            frames.Add($"arp,{own},{target},192.0.2.77,{TestNetwork.BaseAddress4}");
        }

        frames.Add($"udp,{own},33:33:00:00:00:01,fe80::99,ff02::1");
        return frames;
    }

    private static Trial Send(IReadOnlyList<string> start, IReadOnlyList<string> rest)
    {
        var token = Scene.NewToken();
        return new Trial([.. start, token, .. rest]) { Token = token };
    }

    private static Trial Routed(string space, string device) =>
        Send(["route-and-send", device], ["7777", TestNetwork.ClientAddress4, TestNetwork.ClientAddress6, Of(space)]);

    /// <summary>Adds to a trial that the switch must have counted at least so many frames as refused.</summary>
    private static Trial Counted(Scene scene, string environment, string server, Trial trial, int atLeast)
    {
        var before = Refused(scene, environment, server);
        return trial with
        {
            Effect = _ =>
            {
                var counted = Refused(scene, environment, server) - before;
                return counted >= atLeast ? null : $"only {counted} of {atLeast} frames were counted as refused";
            },
        };
    }

    private static long Refused(Scene scene, string environment, string server) =>
        scene.Host.Status().Mirrors.Single(m => m.Environment == environment && m.Server == server).Refused;

    /// <summary>While the IDS VM holds the bridge, one server sends to everybody; the other, and the world, must not get it.</summary>
    private static Trial Bridged(Scene scene)
    {
        var token = Scene.NewToken();
        var refused = Refused(scene, Scene.Admin, Scene.Db);
        Thread? sends = null;
        return new Trial("bridge", "mon-web", "mon-db", "3")
        {
            Before = () =>
            {
                sends = new Thread(() =>
                {
                    for (var i = 0; i < 5; i++)
                    {
                        Thread.Sleep(500);
                        var mac = scene.MacInside(Scene.Web, "eth0");
                        _ = scene.Host.Exec(
                            Scene.Web,
                            ["/usr/bin/python3", "-", "vm", "frames", "eth0", token, $"udp,{mac},ff:ff:ff:ff:ff:ff,192.0.2.9,255.255.255.255",
                                $"udp,{mac},{scene.MacInside(Scene.Db, "eth0")},192.0.2.9,{scene.AddressesOf(Scene.Db)[0]}"],
                            Programs.Text(Program), TimeSpan.FromSeconds(10));
                    }
                });
                sends.Start();
            },
            // The sender sees what it sends: only what others get counts.
            Effect = _ =>
            {
                sends!.Join();
                var got = new[] { scene.Machine(Scene.Db), scene.Client, scene.Base }
                    .FirstOrDefault(p => p.Log.Split('\n').Any(l => l.EndsWith(token, StringComparison.Ordinal) && !l.StartsWith("FRAME hs", StringComparison.Ordinal)));
                if (got is not null)
                    return $"{got.Name} got it";
                return Refused(scene, Scene.Admin, Scene.Db) > refused ? null : "no frame came as far as the other mirror port: nothing was tried";
            },
        };
    }
}
