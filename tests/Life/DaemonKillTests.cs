using System.Text.RegularExpressions;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>kill -9 of the daemon under load: VMs serve on, mirroring goes on, a restart takes over, no event is lost or doubled.</summary>
public partial class DaemonKillTests
{
    private const int Kills = 20;

    [Fact]
    public void Daemon_KilledAtRandomPoints_NothingIsLostOrDoubled()
    {
        using var host = new TestHost();
        var site = Sites.Counting(host).Replace("publish: [\"8080:80\"]", "publish: [\"8080:80\", \"9999:9999/udp\"]", StringComparison.Ordinal);
        host.Up(site);
        Assert.True(Web.Answers(host, 8080));
        var pids = host.Ps().Select(m => (m.Name, m.Pid)).ToList();
        var file = Path.Join(host.Prefix, "again.yaml");
        File.WriteAllText(file, site);

        using var requests = host.StartInClient("/usr/bin/python3", "-u", "-c", Requests);
        using var datagrams = host.StartInClient("/usr/bin/python3", "-u", "-c", Datagrams);
        datagrams.WaitFor("started");
        var random = new Random(20041);
        for (var kill = 0; kill < Kills; kill++)
        {
            // Sometimes in the middle of an 'up', sometimes while it looks after things, sometimes while it still starts.
            using var up = kill % 3 == 0 ? host.StartInBase(host.Command("up", "-f", file)) : null;
            Thread.Sleep(random.Next(0, 400));
            host.KillDaemon();
            Thread.Sleep(random.Next(0, 100));
            host.StartDaemon();
        }

        Assert.Equal(pids, host.Ps().Select(m => (m.Name, m.Pid)));
        Assert.Equal(0, host.Hyperspector("up", "-f", file).Status.ShellCode);
        Assert.Equal(pids, host.Ps().Select(m => (m.Name, m.Pid)));
        Thread.Sleep(1500);
        datagrams.Stop();
        requests.Stop();
        Thread.Sleep(1500);

        Assert.DoesNotContain("FAILED", requests.Output, StringComparison.Ordinal);
        Assert.Contains("200", requests.Output, StringComparison.Ordinal);
        AssertConsecutive(NumbersOfEvents(host), atLeast: 1000);
        var sent = Number().Matches(datagrams.Output).Max(m => int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture));
        AssertConsecutive([.. NumbersOfFrames(host).Order()], atLeast: sent * 9 / 10);

        host.Down();
        host.StopDaemon();
        Assert.Equal("", string.Join('\n', host.Leftovers()));
    }

    private static void AssertConsecutive(List<int> numbers, int atLeast)
    {
        Assert.True(numbers.Count >= atLeast, $"{numbers.Count} of at least {atLeast}");
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers);
    }

    private static List<int> NumbersOfEvents(TestHost host) =>
        [.. host.Alerts().Where(e => e.Kind == "line").Select(e => int.Parse(e.Summary.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture))];

    // Every datagram is seen once: it goes one way only (the server answers with ICMP, which is not captured).
    private static List<int> NumbersOfFrames(TestHost host)
    {
        var capture = Directory.GetFiles($"{host.Paths.MachineState("edge")}/outputs", "frames.pcap", SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(capture);
        var text = System.Text.Encoding.Latin1.GetString(bytes);
        return [.. Number().Matches(text).Select(m => int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex("datagram ([0-9]{8})!")]
    private static partial Regex Number();

    private const string Requests = """
        import http.client, time
        end = time.time() + 120
        while time.time() < end:
            try:
                c = http.client.HTTPConnection("192.0.2.1", 8080, timeout=5)
                c.request("GET", "/"); print(c.getresponse().status); c.close()
            except Exception as e:
                print("FAILED", e)
            time.sleep(0.02)
        """;

    private const string Datagrams = """
        import socket, time
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        print("started")
        end = time.time() + 120
        n = 0
        while time.time() < end:
            n += 1
            s.sendto(b"datagram %08d!" % n, ("192.0.2.1", 9999))
            print("datagram %08d!" % n)
            time.sleep(0.002)
        """;
}
