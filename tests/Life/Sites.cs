using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Life;

/// <summary>Small sites for tests of the host's life: no downloads, deterministic events.</summary>
internal static class Sites
{
    /// <summary>A server VM that does nothing by itself, and an IDS VM that sees its files.</summary>
    internal const string Idle = """
        servers:
          web:
            base: host
            run: [/bin/sleep, infinity]
        environments:
          edge:
            watch: [web]
            run: [/bin/sleep, infinity]
        """;

    /// <summary>A web server that answers, and an IDS VM whose "IDS" writes numbered lines and keeps capturing.</summary>
    internal static string Counting(TestHost host)
    {
        var pack = Path.Join(host.Prefix, "packs", "counter");
        _ = Directory.CreateDirectory(Path.Join(pack, "files"));
        File.WriteAllText(Path.Join(pack, "pack.yaml"), """
            description: Writes numbered lines, and captures
            files:
              count.sh: /opt/count.sh
            run:
              count: [/bin/sh, /opt/count.sh]
              capture: [/usr/bin/tcpdump, -i, "{mirror}", -n, -U, -B, "8192", -s, "96", -w, /var/log/capture/frames.pcap, udp]
            outputs:
              - path: /var/log/counter/lines.log
                format: lines
              - path: /var/log/capture/frames.txt
                format: lines
            """);
        File.WriteAllText(Path.Join(pack, "files", "count.sh"), """
            i=0
            while :; do
              i=$((i + 1))
              echo "number $i" >> /var/log/counter/lines.log
              [ $((i % 5)) -ne 0 ] || sleep 0.01
            done
            """);
        return """
            servers:
              web:
                base: host
                run: [/usr/bin/python3, -m, http.server, "80"]
                publish: ["8080:80"]
            environments:
              edge:
                watch: [web]
                packs: [counter]
            """;
    }

    /// <summary>The pack of <c>States/</c>: it counts on where its output ends. Returns its directory.</summary>
    internal static string Continuing(TestHost host)
    {
        var pack = Path.Join(host.Prefix, "packs", "counter");
        _ = Directory.CreateDirectory(Path.Join(pack, "files"));
        File.WriteAllText(Path.Join(pack, "files", "count.sh"), """
            i=$(wc -l < /var/log/counter/lines.log)
            while [ $i -lt 100000 ]; do
              i=$((i + 1))
              echo "number $i" >> /var/log/counter/lines.log
              sleep 0.05
            done
            """);
        return pack;
    }

    /// <summary>The site of <c>States/</c>, as its file would be.</summary>
    /// <param name="host">Its <see cref="Continuing"/> pack is there.</param>
    /// <param name="watch">What its environment watches.</param>
    internal static string OfAnEarlierCommit(TestHost host, string watch)
    {
        File.WriteAllText(Path.Join(host.Prefix, "packs", "counter", "pack.yaml"), """
            description: Writes numbered lines, and captures
            files:
              count.sh: /opt/count.sh
            run:
              count: [/bin/sh, /opt/count.sh]
              capture: [/usr/bin/tcpdump, -i, "{mirror}", -n, -U, -w, /var/log/capture/frames.pcap, udp]
            outputs:
              - path: /var/log/counter/lines.log
                format: lines
            """);
        return $$"""
            servers:
              web:
                run: [/usr/bin/python3, -m, http.server, "80"]
                environment: {GREETING: hello}
                resources: {memory: 256M, pids: 100}
                publish: ["8080:80"]
            environments:
              edge:
                watch: [{{watch}}]
                packs: [counter]
            """;
    }
}
