using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>A whole host with uplinks: what users do with them, and what happens to NICs and rulesets meanwhile.</summary>
[Collection("network")]
public sealed class UplinkDaemonTests : IDisposable
{
    private const string Web4 = "198.51.100.10", Web6 = "2001:db8:1::10";

    private const string Environments = """
        environments:
          edge:
            watch: [web]
            run: [/bin/sleep, infinity]
            capture: always
        """;

    private const string OnTheNic = $$"""
        servers:
          web:
            run: [/bin/sleep, infinity]
            uplink: {nic: nic1, address: [{{Web4}}/24, "{{Web6}}/64"], gateway: 198.51.100.2}
        {{Environments}}
        """;

    private const string Published = $"""
        servers:
          web:
            run: [/bin/sleep, infinity]
            publish: ["8080:80"]
        {Environments}
        """;

    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void ServerOnANic_ThroughEverything_IsReachedAndSeen()
    {
        PlugIn();
        var before = Links();
        _host.Up(OnTheNic);
        var pid = Pid();
        AssertReached("after up");
        Assert.Equal([Web4, Web6], _host.Ps().Single(m => m.Name == "web").Addresses);
        var counted = _host.Status().Mirrors.Single();
        Assert.Equal((0, 0), (counted.Dropped, counted.Idle));
        Assert.True(counted is { Received: > 0, Sent: > 0 } && counted.Received + counted.Sent == counted.Mirrored);

        _host.Up(OnTheNic);
        Assert.Equal(pid, Pid());
        _host.KillDaemon();
        AssertReached("without a daemon");
        _host.StartDaemon();
        Assert.Equal(pid, Pid());
        AssertReached("after a new daemon");

        _ = InBase("ip", "link", "del", "nic1");
        Await(() => Events("uplink", "high") == 1, "a NIC that vanishes");
        PlugIn();
        Await(() => Events("uplink", "info") == 1, "a NIC that comes back");
        AssertReached("after its return");
        _ = InBase("sh", "-c", $"nft flush ruleset; ip link del {_host.Paths.Interface('u', "web")}");
        Await(() => Events("uplink", "info") == 2, "the macvlan that somebody deletes");
        AssertReached("after that");

        // To published ports and back, while it runs.
        _host.Up(Published);
        Assert.False(Reaches(Web4));
        Assert.Equal("8080", _host.Ps().Single(m => m.Name == "web").Publish.Single().HostPort.ToString(System.Globalization.CultureInfo.InvariantCulture));
        _host.Up(OnTheNic);
        AssertReached("back on the NIC");
        Assert.Equal(pid, Pid());
        Assert.DoesNotContain(_host.Alerts(), e => e is { Kind: "blind", Environment: "edge" });
        var now = _host.Status().Mirrors.Single();
        Assert.Equal((0, now.Received + now.Sent), (now.Dropped, now.Mirrored));

        _host.Down();
        Assert.Equal(before, Links());
    }

    [Fact]
    public void Nic_WithTheBasesDefaultRoute_IsRefusedByPlaceAndReason()
    {
        var file = $"{_host.Prefix}/hyperspector.yaml";
        File.WriteAllText(file, $"servers:\n  web:\n    run: [/bin/sleep, infinity]\n    uplink: {TestNetwork.BaseInterface}\n");

        var refused = _host.Hyperspector("config", "check", "-f", file);

        Assert.Equal(2, refused.Status.Code);
        Assert.Contains($":4:13: uplink: '{TestNetwork.BaseInterface}' carries the base's own default route", refused.Output + refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Firewall_ThatIsReloaded_IsUntouchedAndOursIsBack()
    {
        _host.Up(Published);
        var ours = Ours();
        foreach (var (rules, mended, chains) in new[]
        {
            (ForeignFirewalls.Docker, ForeignFirewalls.DockerMended, 2), (ForeignFirewalls.Ufw, ForeignFirewalls.UfwMended, 2),
            (ForeignFirewalls.Firewalld, ForeignFirewalls.FirewalldMended, 1),
        })
        {
            // As a firewall's unit does when it is restarted.
            var blind = Blind();
            Load("flush ruleset\n" + rules);
            var theirs = InBase("nft", "--stateless", "list", "ruleset");
            Await(() => Blind() > blind, "a flushed ruleset");
            Assert.Equal(ours, Ours());
            Await(() => _host.Status().ForeignRules.Count == chains, "what is in the way");
            var here = InBase("nft", "--stateless", "list", "ruleset");
            Assert.All(theirs.Split('\n').Where(l => l.Trim().Length > 1 && !l.Contains("hyperspector", StringComparison.Ordinal)), l => Assert.Contains(l, here, StringComparison.Ordinal));
            Assert.Contains("see docs/coexistence.md", _host.Hyperspector("status").Output, StringComparison.Ordinal);

            Load(mended);
            Await(() => _host.Status().ForeignRules.Count == 0, "that it lets pass");
        }

        Assert.Equal(3, Events("firewall", "medium"));
    }

    private static void Await(Func<bool> condition, string what)
    {
        var deadline = Environment.TickCount64 + 60_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, $"{what}: not noticed");
            Thread.Sleep(50);
        }
    }

    private void AssertReached(string when)
    {
        foreach (var address in new[] { Web4, Web6 })
        {
            var deadline = Environment.TickCount64 + 30_000;
            while (!Reaches(address))
                Assert.True(Environment.TickCount64 < deadline, $"{when}: {address} does not answer\n{_host.DaemonLog}");
        }
    }

    private bool Reaches(string address) => _host.InClient("ping", "-q", "-c", "1", "-W", "1", address).Status.Succeeded;

    private void PlugIn() => _host.Network.PlugIn();

    private int? Pid() => _host.Ps().Single(m => m.Name == "web").Pid;

    private string Links() => InBase("sh", "-c", "ip -o -d link | sed 's/^[0-9]*: //' | grep -v '^nic1'; nft list ruleset; ip route; ip -6 route");

    private string Ours() => InBase("sh", "-c", "nft list tables | grep hyperspector_ | sort | while read _ f n; do nft --stateless list table $f $n; done");

    private int Blind() => _host.Alerts().Count(e => e is { Kind: "blind", Severity: "high" } && e.Summary.Contains("nft rules", StringComparison.Ordinal));

    private int Events(string kind, string severity) => _host.Alerts().Count(e => e.Kind == kind && e.Severity == severity);

    private void Load(string rules) => Assert.True(Tool.Run("nsenter", TestNetwork.Enter(_host.Network.Base, "nft", "-f", "-"), rules).Status.Succeeded);

    private string InBase(params string[] command)
    {
        var result = _host.InBase(command);
        return result.Status.Succeeded ? result.Output : throw new IOException($"{string.Join(' ', command)}: {result.Error}");
    }
}
