using System.Net.Sockets;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Network.Switch;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>The switch beside firewalls and container engines: neither touches the other's rules, and whose drop is in the way is known.</summary>
[Collection("network")]
public sealed class CoexistenceTests : IDisposable
{
    private readonly SwitchBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("Docker", ForeignFirewalls.Docker, ForeignFirewalls.DockerMended, false, 2)]
    [InlineData("ufw", ForeignFirewalls.Ufw, ForeignFirewalls.UfwMended, false, 2)]
    [InlineData("firewalld", ForeignFirewalls.Firewalld, ForeignFirewalls.FirewalldMended, true, 1)]
    public void ForeignFirewall_ThatIsInTheWay_IsNamedUntilItLetsPass(string whose, string rules, string mended, bool publishes, int chains)
    {
        Load(rules);
        var before = Rules();
        var (machine, _) = _bench.Server("web", 0, new PublishedPort(null, 8080, 80, "tcp"));
        using var server = Traffic.ServeTcp(machine, 80);
        using var outside = Traffic.ServeTcp(_bench.Client, 9000);

        // As its program left it: what we say is what a packet meets.
        var found = _bench.Base.Run(ForeignRules.InTheWay);
        Assert.Equal(chains, found.Count);
        Assert.All(found, f => Assert.Contains(publishes ? "which ends what server VMs send" : "its policy is drop", f, StringComparison.Ordinal));
        AssertPasses(publishes, () => Traffic.Ask(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080), () => Traffic.Reach(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080));
        Assert.Null(Traffic.Ask(machine, ProtocolType.Tcp, "192.0.2.2", 9000));

        Load(mended);
        var told = Rules();
        Assert.True(_bench.Base.Run(ForeignRules.InTheWay).Count == 0, whose);
        foreach (var (address, client) in new[] { ("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2") })
        {
            Assert.Equal(client, Traffic.Reach(_bench.Client, ProtocolType.Tcp, address, 8080));
            Assert.Equal(address, Traffic.Reach(machine, ProtocolType.Tcp, client, 9000));
        }

        // Through all of that, theirs is theirs.
        Assert.NotEqual(before, told);
        Assert.Equal(told, Rules());
        _bench.Base.Run(_bench.Switch.RemoveAll);
        Assert.Equal(told, Rules());
    }

    [Theory]
    [InlineData(ForeignFirewalls.Docker)]
    [InlineData(ForeignFirewalls.Ufw)]
    [InlineData(ForeignFirewalls.Firewalld)]
    public void ServerOnANic_BesideAnyFirewall_IsReached(string rules)
    {
        _bench.Base.Shell($"ip link add nic1 type veth peer name lan1 netns {_bench.Client.Pid}; ip link set nic1 up");
        _bench.Client.Shell("ip address add 198.51.100.2/24 dev lan1; ip link set lan1 up");
        Load(rules);
        var machine = _bench.Machine();
        _ = _bench.Attach("web", machine, 0, new UplinkSpec { Nic = "nic1", Addresses = ["198.51.100.10/24"] });
        using var server = Traffic.ServeTcp(machine, 80);
        using var outside = Traffic.ServeTcp(_bench.Client, 9000);

        Assert.Equal("198.51.100.2", Traffic.Reach(_bench.Client, ProtocolType.Tcp, "198.51.100.10", 80));
        Assert.Equal("198.51.100.10", Traffic.Reach(machine, ProtocolType.Tcp, "198.51.100.2", 9000));
    }

    [Fact]
    public void PortsThatDockerPublishes_BesideUplinkHost_StayDockers()
    {
        Load(ForeignFirewalls.Docker + ForeignFirewalls.DockerMended);
        var container = _bench.Machine();
        _bench.Base.Shell($"""
            ip link add docker0 type veth peer name eth0 netns {container.Pid}; ip address add 172.17.0.1/16 dev docker0; ip link set docker0 up
            sysctl -qw net.ipv4.ip_forward=1
            """);
        container.Shell("ip address add 172.17.0.2/16 dev eth0; ip link set eth0 up; ip route add default via 172.17.0.1");
        using var theirs = Traffic.ServeTcp(container, 80);
        var machine = _bench.Machine();
        _ = _bench.Attach("web", machine, 0, new UplinkSpec { Host = true });
        using var ours = Traffic.ServeTcp(machine, 8089);

        Assert.Equal("192.0.2.2", Traffic.Reach(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 8088));
        Assert.Equal("192.0.2.2", Traffic.Reach(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 8089));
    }

    private static void AssertPasses(bool passes, Func<string?> ask, Func<string?> reach)
    {
        if (passes)
            Assert.NotNull(reach());
        else
            Assert.Null(ask());
    }

    private void Load(string rules) => _bench.Base.Run(() => _ = Tool.RunChecked("nft", ["-f", "-"], rules));

    /// <summary>The tables that are none of ours.</summary>
    private string Rules() => _bench.Base.Output("sh", "-c", """
        nft list tables | grep -v hyperspector_ | while read _ family name; do nft --stateless list table "$family" "$name"; done
        """);
}
