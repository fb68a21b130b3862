using HyperSpector.Tests.Kit.Hosts;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Life.Faults;

/// <summary>A small site that is quick to make and uses everything: a port with translation, policing, a mirror that somebody captures from.</summary>
internal sealed class FaultSite
{
    private readonly string _base;

    internal FaultSite(TestHost host)
    {
        _base = $"{host.Prefix}/base";
        TinyRoot.Make(_base, "socat", "tcpdump");
        _ = Directory.CreateDirectory($"{_base}/opt");
        File.WriteAllText($"{_base}/opt/answer.sh", """
            while read -r line && [ "${#line}" -gt 1 ]; do :; done
            printf 'HTTP/1.0 200 OK\r\n\r\nhello\n'
            """);
    }

    /// <summary>The site, with its server at a port of the base.</summary>
    internal string At(int port) => $$"""
        servers:
          web:
            base: {{_base}}
            run: [/usr/bin/socat, "TCP-LISTEN:80,fork,reuseaddr", "EXEC:sh /opt/answer.sh"]
            publish: ["{{port}}:80"]
        environments:
          edge:
            watch: [web]
            base: {{_base}}
            run: [/usr/bin/tcpdump, -Z, root, -i, mon0, -n, -w, /tmp/frames.pcap]
        """;

    /// <summary>The same with another command and another watcher: an upgrade makes both VMs anew.</summary>
    internal string Changed(int port) => At(port)
        .Replace("fork,reuseaddr", "reuseaddr,fork", StringComparison.Ordinal)
        .Replace("-n, -w", "-nn, -w", StringComparison.Ordinal);

    /// <summary>The server answers, and what it says is copied to the IDS VM.</summary>
    internal static void AssertWorks(TestHost host, int port)
    {
        Assert.True(Web.Answers(host, port), $"no answer\n{host.DaemonLog}");
        for (var attempt = 0; attempt < 600; attempt++)
        {
            var mirrors = host.Status().Mirrors;
            if (mirrors.Count == 1 && mirrors[0] is { Active: true, Mirrored: > 0 })
                return;
            _ = Web.Get(host, port);
            Thread.Sleep(100);
        }

        Assert.Fail($"nothing is mirrored: {string.Join(", ", host.Status().Mirrors)}\n{host.DaemonLog}");
    }
}
