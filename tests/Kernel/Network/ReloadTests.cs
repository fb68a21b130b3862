using System.Globalization;
using System.Text.RegularExpressions;
using HyperSpector.Api.Events;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>A whole host whose switch is taken apart behind the daemon's back: it notices, mends, and tells for how long it was so.</summary>
[Collection("network")]
public sealed partial class ReloadTests(ITestOutputHelper output) : IDisposable
{
    private const string Site = """
        servers:
          web:
            run: [/bin/sleep, infinity]
            publish: ["8080:80"]
        environments:
          edge:
            watch: [web]
            run: [/bin/sleep, infinity]
            capture: always
            net_admin: true
        """;

    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Daemon_WhoseSwitchIsTakenApart_MendsItAndTells()
    {
        _host.Up(Site);
        var port = _host.Paths.Interface('p', "web");
        var mirror = _host.Paths.Interface('m', "edge/web");
        var table = $"hyperspector_{_host.Name}";
        var rules = InBase("sh", "-c", "nft --stateless list ruleset | sort");

        var intervals = new List<TimeSpan>();

        // What a firewall does that is reloaded, and what a hand does that slips.
        foreach (var damage in new[]
        {
            "nft flush ruleset", $"nft delete table inet {table}", $"nft delete table netdev {table}_{port}", $"nft flush chain inet {table} input",
        })
        {
            var (before, since) = (Blind(), TimeProvider.System.GetUtcNow());
            _ = InBase("sh", "-ec", damage);
            Await(() => Blind() > before, damage);
            intervals.Add(EndOf(Events("blind", "high").Last(IsOfRules)) - since);
            Assert.Equal(rules, InBase("sh", "-c", "nft --stateless list ruleset | sort"));
        }

        foreach (var (where, damage) in new[]
        {
            ("base", $"tc qdisc del dev {port} clsact"), ("base", $"ip link del {mirror}"), ("base", $"ip link set {port} down"),
            ("edge", "ip link del mon0"), ("edge", "ip link set mon0 down"), ("edge", "ip link set mon0 mtu 600"),
            ("edge", "ip link set mon0 down; ip link set mon0 name other; ip link set other up"),
        })
        {
            var (before, since) = (Mended(), TimeProvider.System.GetUtcNow());
            if (where == "base")
                _ = InBase("sh", "-ec", damage);
            else
                Assert.True(_host.Exec(where, "sh", "-ec", damage).Status.Succeeded, damage);
            Await(() => Mended() > before, damage);
            intervals.Add(EndOf(Events("blind", "info").Last()) - since);
            Assert.Contains("mtu 1500", _host.Exec("edge", "ip", "link", "show", "dev", "mon0", "up").Output, StringComparison.Ordinal);
        }

        // By the events' own account, from before the deed to the repair: within a second where the machine has time for us, which it need
        // not have each time while other tests run.
        output.WriteLine(string.Join(" ", intervals.Select(i => i.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture))));
        Assert.All(intervals, i => Assert.InRange(i, TimeSpan.Zero, TimeSpan.FromSeconds(20)));
        Assert.True(intervals.Min() < TimeSpan.FromSeconds(1), string.Join(' ', intervals));

        // And all of it works still: the server's frames pass, and are copied.
        var counted = _host.Status().Mirrors.Single();
        _ = _host.Exec("web", "sh", "-c", $"ping -c 3 -i 0.2 -W 1 {TestNetwork.ClientAddress4} || true");
        Await(() => _host.Status().Mirrors.Single() is var now && now.Mirrored >= counted.Mirrored + 6 && now.Dropped == 0, "frames after all that");
    }

    /// <summary>"… from 2026-11-24T10:00:00.000Z to 2026-11-24T10:00:00.100Z (0.10 s) …"</summary>
    private static DateTimeOffset EndOf(EventRecord blind) =>
        DateTimeOffset.Parse(Ends().Match(blind.Summary).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(" to ([0-9T:.-]+Z) \\(")]
    private static partial Regex Ends();

    private int Blind() => Events("blind", "high").Count(IsOfRules);

    private static bool IsOfRules(EventRecord e) => e.Summary.Contains("nft rules", StringComparison.Ordinal);

    private int Mended() => Events("blind", "info").Count(e => e is { Environment: "edge", Server: "web" });

    private IEnumerable<EventRecord> Events(string kind, string severity) => _host.Alerts().Where(e => e.Kind == kind && e.Severity == severity);

    private void Await(Func<bool> condition, string what)
    {
        var deadline = Environment.TickCount64 + 30_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, $"{what}: not noticed\n{string.Join('\n', _host.Alerts().Select(e => e.Summary))}\n{_host.DaemonLog}");
            Thread.Sleep(50);
        }

        output.WriteLine($"{what}: {_host.Alerts()[^1].Summary}");
    }

    private string InBase(params string[] command)
    {
        ToolResult result = _host.InBase(command);
        return result.Status.Succeeded ? result.Output : throw new IOException($"{string.Join(' ', command)}: {result.Error}");
    }
}
