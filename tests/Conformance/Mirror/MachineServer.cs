using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;
using HyperSpector.Tests.Kit.Traffic;
using HyperSpector.Tests.Kit.Watching;

namespace HyperSpector.Tests.Conformance.Mirror;

/// <summary>The real thing: the responders run in a server VM, and an IDS VM watches it; all of it on a test host.</summary>
internal sealed class MachineServer : IDisposable
{
    private const string Server = "web", Environment = "edge";
    private readonly TestHost _host = new();

    internal MachineServer(bool wire)
    {
        try
        {
            TrafficRoutes.Add(_host.Network);
            Up(wire);
            var status = _host.Ps().Single(m => m.Name == Server);
            Port = _host.Paths.Interface('p', Server);
            Pid = status.Pid ?? throw new IOException($"{Server} does not run: {status.State}");
            var addresses = status.Addresses.Select(a => IPAddress.Parse(a.Split('/')[0])).ToList();
            ServerMac = Mac("--net", $"/proc/{Pid}/ns/net", "eth0");
            Target = TrafficRoutes.Target(
                _host.Network, Port, Mac("--net", $"/run/netns/{_host.Network.Base}", Port), ServerMac,
                addresses.First(a => a.AddressFamily == AddressFamily.InterNetwork),
                addresses.First(a => a.AddressFamily == AddressFamily.InterNetworkV6)) with
            {
                Front4 = IPAddress.Parse(TestNetwork.BaseAddress4),
                Front6 = IPAddress.Parse(TestNetwork.BaseAddress6),
            };
            BePatient();
            WaitUntilReady();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal TestHost Host => _host;

    /// <summary>Suricata's own records of the alerts that <c>hyperspector alerts</c> tells of.</summary>
    internal IReadOnlyList<JsonObject> Told() =>
        [.. _host.Alerts().Where(e => e.Kind == "alert").Select(e => JsonNode.Parse(e.Raw!.Value.GetRawText())!.AsObject())];

    /// <summary>The same, once the marker of the mix's end is among them.</summary>
    internal IReadOnlyList<JsonObject> ToldToTheEnd()
    {
        for (var i = 0; i < 100; i++)
        {
            var told = Told();
            if (told.Any(a => EveFile.Signature(a) == Marker.EndSignature))
                return told;
            Thread.Sleep(100);
        }

        throw new TimeoutException("'hyperspector alerts' does not tell of the marker");
    }

    internal TrafficTarget Target { get; }

    internal byte[] ServerMac { get; }

    internal WatchPoint OnPort => WatchPoint.InNamespace("base", _host.Network.Base, Port);

    internal WatchPoint OnMirror => new("IDS VM", "mon0", command => ("nsenter", _host.Command(["exec", Environment, "--", .. command])));

    private string Port { get; }

    private int Pid { get; }

    public void Dispose() => _host.Dispose();

    private void Up(bool wire)
    {
        var directory = Directory.CreateDirectory($"{_host.Prefix}/responders").FullName;
        File.Copy(Responders.Path, $"{directory}/responders.py");
        var command = string.Join(", ", Responders.Command("/srv/responders/responders.py").Select(a => $"\"{a}\""));
        // The pack's own Suricata notices the markers by rules of the user's, as docs/packs.md tells users to bring them.
        var rules = Directory.CreateDirectory($"{_host.Prefix}/rules").FullName;
        File.WriteAllText($"{rules}/marker.rules", Marker.Rules);
        _host.Up($"""
            servers:
              {Server}:
                run: [{command}]
                volumes: ["{directory}:/srv/responders:ro"]
                publish: ["7:7", "7:7/udp", "22:22", "53:53", "53:53/udp", "80:80", "443:443"]
            environments:
              {Environment}:
                watch: [{Server}]
                packs:
                  - name: suricata
                    options: {"{threads: 1, stats_interval: 2}"}
                  - tcpdump
                volumes: ["{rules}:/etc/suricata/rules/local:ro"]
                frames: {(wire ? "wire" : "carried")}
            """);
    }

    // The server's own route, changed from outside: see TrafficRoutes.Patience.
    private void BePatient()
    {
        foreach (var version in new[] { "-4", "-6" })
        {
            var route = Inside("ip", version, "route", "show", "default").Trim();
            _ = Inside("ip", [version, "route", "change", .. route.Split(' ', StringSplitOptions.RemoveEmptyEntries), "rto_min", TrafficRoutes.Patience]);
        }
    }

    private void WaitUntilReady()
    {
        for (var i = 0; i < 200; i++)
        {
            if (_host.Hyperspector("logs", Server).Output.Contains("ready", StringComparison.Ordinal))
                return;
            Thread.Sleep(50);
        }

        throw new IOException($"the responders do not get ready: {_host.Hyperspector("logs", Server).Output}");
    }

    private string Inside(string tool, params string[] arguments) =>
        Tool.RunChecked("nsenter", [$"--net=/proc/{Pid}/ns/net", "--", tool, .. arguments]);

    private static byte[] Mac(string option, string space, string device) => Responders.Mac(
        Tool.RunChecked("nsenter", [$"{option}={space}", "--", "ip", "-o", "link", "show", device]).Split("link/ether ")[1].Split(' ')[0]);
}
