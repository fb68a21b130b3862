using System.Globalization;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>
/// Port shadowing (CVE-2021-3773), natively: a router that masquerades for somebody behind it, and a client of the router's own. The one
/// behind sends from a port of the router's; what the client then sends there from the port that was addressed is taken for the answer.
/// </summary>
internal sealed class ShadowNetwork : IDisposable
{
    private const string Behind4 = "10.9.9.2";
    private readonly TestNetwork _network;
    private readonly string _behind;
    private readonly Place _router;
    private readonly Place _hidden;

    internal ShadowNetwork(string name)
    {
        _network = new TestNetwork(name + "s");
        _behind = name + "s-v";
        _router = Place.Native("srouter", _network.Base);
        _hidden = Place.Native("shidden", _behind);
        try
        {
            Shell($"""
                ip netns add {_behind}
                ip link add in0 netns {_network.Base} type veth peer name in1 netns {_behind}
                ip -n {_network.Base} address add 10.9.9.1/24 dev in0; ip -n {_network.Base} link set in0 up
                ip -n {_behind} link set lo up; ip -n {_behind} address add {Behind4}/24 dev in1; ip -n {_behind} link set in1 up
                ip -n {_behind} route add default via 10.9.9.1
                nsenter --net=/run/netns/{_network.Base} -- sysctl -qw net.ipv4.ip_forward=1
                nsenter --net=/run/netns/{_network.Base} -- nft 'table ip t {"{"} chain c {"{"} type nat hook postrouting priority srcnat; ip saddr {Behind4} masquerade; {"}"}; {"}"}'
                """);
            _router.Ensure();
            _hidden.Ensure();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Takes a port of the router; null if that worked, else why not.</summary>
    internal string? Control()
    {
        using var silent = Silence(_network.Client);
        var failures = new List<string>();
        var peer = 4000;
        foreach (var kind in (string[])["udp", "syn"])
        {
            peer++;
            _ = UplinkHost.From(_behind, "network.py", "frames", "in1", Scene.NewToken(),
                $"{kind},{Scene.MacOf(_behind, "in1")},{Scene.MacOf(_network.Base, "in0")},{Behind4},{TestNetwork.ClientAddress4},{peer},7777");
            var got = Ask(_network.Client, kind, TestNetwork.BaseAddress4, "7777", peer, _router, _hidden);
            if (got == _router.Name)
                failures.Add($"{kind}: {got} got it");
        }

        return failures.Count == 0 ? null : string.Join("; ", failures);
    }

    /// <summary>The client, as most hosts do, answers nothing to what it has not asked for.</summary>
    internal static IDisposable Silence(string space)
    {
        _ = Tool.RunChecked("nsenter", TestNetwork.Enter(space, "nft",
            "table inet silent { chain c { type filter hook input priority 0; tcp dport 4000-4099 tcp flags & (syn | ack) == syn drop; udp dport 4000-4099 drop; }; }"));
        return new Loud(space);
    }

    /// <summary>The client asks from a port of its own; the name of who has heard it, or "nobody".</summary>
    internal static string Ask(string space, string kind, string address, string port, int peer, params IReadOnlyList<Place> places)
    {
        const string program = """
            import socket, sys
            kind, address, port, own, word = sys.argv[1:]
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as made:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.bind(("", int(own)))
                made.settimeout(3)
                try:
                    made.connect((address, int(port)))
                    if kind == "udp":
                        made.send(word.encode())
                    else:
                        print(made.recv(200).decode())
                except OSError as error:
                    print(error)
            """;
        var word = Scene.NewToken();
        var said = Tool.Run(
            "nsenter", TestNetwork.Enter(space, "/usr/bin/python3", "-c", program, kind, address, port, peer.ToString(CultureInfo.InvariantCulture), word)).Output;
        return (kind == "udp" ? UplinkHost.Receiver(word, places) : places.FirstOrDefault(p => said.Contains(p.Marker, StringComparison.Ordinal)))?.Name ?? "nobody";
    }

    public void Dispose()
    {
        _router.Dispose();
        _hidden.Dispose();
        _ = Tool.Run("ip", ["netns", "delete", _behind]);
        _network.Dispose();
    }

    private static void Shell(string script) => _ = Tool.RunChecked("sh", ["-ec", script]);

    private sealed class Loud(string space) : IDisposable
    {
        public void Dispose() => _ = Tool.Run("nsenter", TestNetwork.Enter(space, "nft", "delete", "table", "inet", "silent"));
    }
}
