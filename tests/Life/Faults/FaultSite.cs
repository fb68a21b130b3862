using HyperSpector.Api.Messages;
using HyperSpector.Tests.Kit.Hosts;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Life.Faults;

/// <summary>
/// A small site that is quick to make and uses everything, in several shapes: a port with translation, or on the network of a NIC, or with
/// all that arrives for the host; policing; a mirror that somebody captures from, with one filter, another one or none.
/// </summary>
internal sealed class FaultSite
{
    private const string OnItsNetwork = "198.51.100.10";
    private readonly string _base;

    internal FaultSite(TestHost host)
    {
        host.Network.PlugIn();
        _base = $"{host.Prefix}/base";
        TinyRoot.Make(_base, "socat", "tcpdump");
        _ = Directory.CreateDirectory($"{_base}/opt");
        File.WriteAllText($"{_base}/opt/answer.sh", """
            while read -r line && [ "${#line}" -gt 1 ]; do :; done
            printf 'HTTP/1.0 200 OK\r\n\r\nhello\n'
            """);
        Published = new Shape(Text("publish: [\"8080:80\"]", "web"), $"{TestNetwork.BaseAddress4}:8080", Truncate: null);
        OnANic = new Shape(
            Text($"uplink: {{nic: {TestNetwork.Nic}, address: {OnItsNetwork}/24}}", "{server: web, only: {protocol: tcp, ports: 80}, truncate: 100}"),
            OnItsNetwork, Truncate: 100);
        ForTheHost = new Shape(
            Text("uplink: {host: {keep: [22]}}", "{server: web, except: {protocol: udp}, truncate: 200}"), TestNetwork.BaseAddress4, Truncate: 200);
        MadeAnew = ForTheHost with
        {
            Yaml = ForTheHost.Yaml.Replace("fork,reuseaddr", "reuseaddr,fork", StringComparison.Ordinal).Replace("-n, -w", "-nn, -w", StringComparison.Ordinal),
        };
    }

    /// <summary>One shape of the site.</summary>
    /// <param name="Yaml">The file.</param>
    /// <param name="Address">Where its server answers the client.</param>
    /// <param name="Truncate">Of its filter, if it has one.</param>
    internal sealed record Shape(string Yaml, string Address, int? Truncate);

    /// <summary>The server at a port of the base; every frame is copied.</summary>
    internal Shape Published { get; }

    /// <summary>The server on the network of a NIC; a filter that cuts.</summary>
    internal Shape OnANic { get; }

    /// <summary>The server has what arrives for the host; another filter.</summary>
    internal Shape ForTheHost { get; }

    /// <summary>The same with other commands: after an upgrade both VMs are others.</summary>
    internal Shape MadeAnew { get; }

    /// <summary>The server answers, and what it says is copied to the IDS VM.</summary>
    internal static void AssertWorks(TestHost host, Shape shape)
    {
        IReadOnlyList<MirrorStatus> mirrors = [];
        for (var attempt = 0; attempt < 600; attempt++)
        {
            var answers = Web.Get(host, shape.Address);
            mirrors = host.Status().Mirrors;
            if (answers && mirrors.Count == 1 && mirrors[0] is { Active: true, Mirrored: > 0 } && mirrors[0].Filter?.Truncate == shape.Truncate)
                return;
            Thread.Sleep(100);
        }

        Assert.Fail($"{shape.Address} does not answer, or is not mirrored: {string.Join(", ", mirrors)}\n{host.DaemonLog}");
    }

    private string Text(string way, string watch) => $$"""
        servers:
          web:
            base: {{_base}}
            run: [/usr/bin/socat, "TCP-LISTEN:80,fork,reuseaddr", "EXEC:sh /opt/answer.sh"]
            {{way}}
        environments:
          edge:
            watch: [{{watch}}]
            base: {{_base}}
            run: [/usr/bin/tcpdump, -Z, root, -i, mon0, -n, -w, /tmp/frames.pcap]
        """;
}
