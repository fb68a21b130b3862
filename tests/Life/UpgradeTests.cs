using System.Globalization;
using System.Text.RegularExpressions;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>Our programs are replaced while VMs run; state that an earlier version wrote is taken over, that of a later one refused.</summary>
public partial class UpgradeTests
{
    // States/<commit>: made by the programs of that commit.
    private const string StateOfCommit = "b554221";

    [Fact]
    public void Daemon_OfAnotherInstallation_ReplacesWhatServesVmsWithoutLosingAnything()
    {
        using var host = new TestHost();
        var site = Sites.Counting(host).Replace("publish: [\"8080:80\"]", "publish: [\"9999:9999/udp\"]", StringComparison.Ordinal);
        host.Up(site);
        var machines = host.Ps().Select(m => (m.Name, m.Pid)).ToList();
        var before = ProgramsOfParts(host);
        Assert.Equal(5, before.Count);
        // Packet sockets come and go all the time: each is a trapped call that somebody must answer.
        using var sockets = host.StartExec("edge", ["/usr/bin/python3", "-u", "-c", Sockets]);
        sockets.WaitFor("opened");
        using var datagrams = host.StartInClient("/usr/bin/python3", "-u", "-c", Datagrams);
        datagrams.WaitFor("datagram 00000100!");

        // As a package manager does it: other files under the same names; here even the directory of the old ones goes.
        host.InUse = Copy(TestHost.Programs, $"{host.Prefix}/one");
        host.StopDaemon();
        host.StartDaemon();
        Assert.All(ProgramsOfParts(host), p => Assert.StartsWith($"{host.Prefix}/one/", p, StringComparison.Ordinal));
        host.InUse = Copy(TestHost.Programs, $"{host.Prefix}/two");
        host.KillDaemon();
        Directory.Delete($"{host.Prefix}/one", recursive: true);
        host.StartDaemon();

        Assert.All(ProgramsOfParts(host), p => Assert.StartsWith($"{host.Prefix}/two/", p, StringComparison.Ordinal));
        Assert.Equal(machines, host.Ps().Select(m => (m.Name, m.Pid)));
        var opened = Count(sockets.Output);
        Eventually.Holds("packet sockets are opened on", () => Count(sockets.Output) > opened + 50);
        datagrams.Stop();
        var sent = Numbers().Matches(datagrams.Output).Max(Value);
        Eventually.Holds("the last datagram is captured", () => Captured(host).LastOrDefault() >= sent);
        Assert.DoesNotContain("FAILED", sockets.Output, StringComparison.Ordinal);
        AssertConsecutive(Captured(host), atLeast: 100);
        AssertConsecutive(Counted(host), atLeast: 100);
        Assert.Equal(0, host.Exec("edge", "/usr/bin/python3", "-c", "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)").Status.ShellCode);
        Assert.Equal(0, host.Exec("edge", "pkill", "-f", "socket.AF_PACKET").Status.ShellCode);

        host.Down();
        host.StopDaemon();
        Assert.Equal("", string.Join('\n', host.Leftovers().Where(l => !l.Contains("/two", StringComparison.Ordinal))));
    }

    [Fact]
    public void Daemon_WithStateOfAnEarlierCommit_BringsItsVmsUpAndGoesOnCounting()
    {
        using var host = new TestHost();
        LayOut(host);

        host.StartDaemon();

        Assert.Equal(["web", "edge"], host.Ps().Where(m => m.State == "running").Select(m => m.Name));
        Assert.Equal("written", host.Exec("web", "cat", "/root/by-the-vm").Output.Trim());
        Assert.Equal("hello", host.Exec("web", "sh", "-c", "tr '\\0' '\\n' < /proc/1/environ | sed -n s/^GREETING=//p").Output.Trim());
        Assert.True(Web.Answers(host, 8080));
        // 60 events are from then; the counter goes on behind the last line of its output.
        Eventually.Holds("events go on", () => Counted(host).Count > 70);
        AssertConsecutive(Counted(host), atLeast: 70);
        Assert.Equal(1, Counted(host)[0]);

        // The same in the file of today leaves the server alone; a key that was not known then is changed alone.
        var server = host.Ps().Single(m => m.Name == "web").Pid;
        host.Up(Sites.OfAnEarlierCommit(host, "web"));
        var machines = host.Ps().Select(m => (m.Name, m.Pid)).ToList();
        Assert.Contains(("web", server), machines);
        host.Up(Sites.OfAnEarlierCommit(host, "{server: web, except: {protocol: tcp, ports: 80}}"));
        Assert.Equal(machines, host.Ps().Select(m => (m.Name, m.Pid)));
        Assert.True(Web.Answers(host, 8080));
        Eventually.Holds("the web server's frames are left out", () => host.Status().Mirrors.Single() is { Filter: not null, LeftOut: > 0 });
    }

    [Fact]
    public void Daemon_WithStateOfALaterVersion_RefusesWithOneLineAndTouchesNothing()
    {
        using var host = new TestHost();
        LayOut(host);
        var file = $"{host.Paths.State}/host.json";
        var later = File.ReadAllText(file).Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal);
        File.WriteAllText(file, later);

        var refused = Assert.Throws<IOException>(() => host.StartDaemon());

        Assert.Contains("host.json: written by a newer HyperSpector (format 2, this one knows 1)", refused.Message, StringComparison.Ordinal);
        Assert.Single(host.DaemonLog.TrimEnd().Split('\n'));
        Assert.Equal(later, File.ReadAllText(file));
        Assert.Equal("written\n", File.ReadAllText($"{host.Paths.MachineState("web")}/upper/@/root/by-the-vm"));
    }

    // What of a state depends on the machine is put in: paths, the numbers of inodes, user ids that are free here.
    private static void LayOut(TestHost host)
    {
        var from = Path.Join(AppContext.BaseDirectory, "States", StateOfCommit);
        var (web, edge) = FreeIds();
        _ = Sites.Continuing(host);
        Directory.CreateDirectory($"{host.Paths.MachineState("web")}/upper/@/root");
        File.WriteAllText($"{host.Paths.MachineState("web")}/upper/@/root/by-the-vm", "written\n");
        _ = Tool.RunChecked("chown", ["-R", $"{web}:{web}", $"{host.Paths.MachineState("web")}/upper/@"]);
        Directory.CreateDirectory($"{host.Paths.MachineState("edge")}/outputs/0");
        var output = $"{host.Paths.MachineState("edge")}/outputs/0/lines.log";
        File.Copy(Path.Join(from, "outputs", "lines.log"), output);
        _ = Tool.RunChecked("chown", ["-R", $"{edge}:{edge}", Path.GetDirectoryName(output)!]);
        File.WriteAllText($"{host.Paths.State}/host.json", File.ReadAllText(Path.Join(from, "host.json"))
            .Replace("/tmp/hsfix/site/packs/counter", $"{host.Prefix}/packs/counter", StringComparison.Ordinal)
            .Replace("\"firstId\": 1879179264", $"\"firstId\": {web}", StringComparison.Ordinal)
            .Replace("\"firstId\": 1879244800", $"\"firstId\": {edge}", StringComparison.Ordinal));
        Directory.CreateDirectory($"{host.Paths.State}/events/edge");
        using var file = Files.OpenRead(output);
        var status = FileStatus.Of(file);
        File.WriteAllText($"{host.Paths.State}/events/edge/00000001.jsonl", Identity().Replace(
            File.ReadAllText(Path.Join(from, "events", "edge", "00000001.jsonl")), $"\"file\":\"{status.Inode:x}.{status.BirthNanoseconds:x}\""));
    }

    // Far from the first ranges, which are given out first.
    private static (uint Web, uint Edge) FreeIds()
    {
        var random = new Random();
        while (true)
        {
            var first = 0x7800_0000u + 65536u * (uint)random.Next(0, 1000);
            if (!File.Exists($"/run/hyperspector-ids/{first}") && !File.Exists($"/run/hyperspector-ids/{first + 65536}"))
                return (first, first + 65536);
        }
    }

    private static List<string> ProgramsOfParts(TestHost host)
    {
        var parts = new List<string>();
        Eventually.Holds("every part runs", () =>
        {
            var all = host.Status().Parts;
            if (all.Count != 5 || all.Any(p => p.Pid is null))
                return false;
            parts = [.. all.Select(p => new FileInfo($"/proc/{p.Pid}/exe").LinkTarget ?? "")];
            return parts.All(p => p.Length > 0);
        });
        return parts;
    }

    private static string Copy(string from, string to)
    {
        _ = Tool.RunChecked("cp", ["-a", from, to]);
        return to;
    }

    private static int Count(string output) => output.Count(c => c == '\n');

    private static int Value(Match match) => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    private static List<int> Counted(TestHost host) =>
        [.. host.Alerts().Where(e => e.Kind == "line" && e.Summary.StartsWith("number ", StringComparison.Ordinal))
            .Select(e => int.Parse(e.Summary.Split(' ')[^1], CultureInfo.InvariantCulture))];

    private static List<int> Captured(TestHost host)
    {
        var capture = Directory.GetFiles($"{host.Paths.MachineState("edge")}/outputs", "frames.pcap", SearchOption.AllDirectories).Single();
        return [.. Numbers().Matches(System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(capture))).Select(Value).Order()];
    }

    private static void AssertConsecutive(List<int> numbers, int atLeast)
    {
        Assert.True(numbers.Count >= atLeast, $"{numbers.Count} of at least {atLeast}");
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers);
    }

    [GeneratedRegex("datagram ([0-9]{8})!")]
    private static partial Regex Numbers();

    [GeneratedRegex("\"file\":\"[0-9a-f.]+\"")]
    private static partial Regex Identity();

    private const string Sockets = """
        import socket, time
        end = time.time() + 240
        while time.time() < end:
            try:
                socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3).close()
                print("opened")
            except Exception as e:
                print("FAILED", e)
            time.sleep(0.005)
        """;

    private const string Datagrams = """
        import socket, time
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end = time.time() + 240
        n = 0
        while time.time() < end:
            n += 1
            s.sendto(b"datagram %08d!" % n, ("192.0.2.1", 9999))
            print("datagram %08d!" % n)
            time.sleep(0.002)
        """;
}
