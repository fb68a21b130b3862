using System.Net.Sockets;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Network.Switch;
using HyperSpector.Linux.Handles;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

// One at a time: two processors, and buffers for whole super-packets.
[Collection("network")]
public sealed class LifeTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")]
    [InlineData("sysctl -qw net.ipv4.conf.up0.forwarding=1 net.ipv6.conf.up0.accept_ra=1 net.ipv6.conf.up0.forwarding=1")]
    [InlineData("sysctl -qw net.ipv4.conf.all.accept_redirects=0 net.ipv6.conf.default.accept_ra=2; nft add table inet mine; nft add chain inet mine c")]
    public void RemoveAll_AfterEverything_LeavesTheBaseAsItWas(string? prepare)
    {
        using var bench = new SwitchBench(prepare);
        var before = Picture(bench.Base);

        var (server, _) = bench.Server("web", 0, new PublishedPort(null, 8080, 80, "tcp"));
        _ = bench.Ids("web", "edge", always: true);
        _ = bench.Server("db", 1);
        using var tcp = Traffic.ServeTcp(server, 80);
        Assert.NotNull(Traffic.Reach(bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080));
        Assert.NotEqual(before, Picture(bench.Base));
        bench.Base.Run(bench.Switch.RemoveAll);

        Assert.Equal(before, Picture(bench.Base));
        Assert.False(File.Exists(bench.Base.Run(() => $"/run/hyperspector-net/{NamespaceFd.NetworkCookie()}.json")));
    }

    [Fact]
    public void RoutesLearnedFromAdvertisements_SurviveForwarding()
    {
        using var bench = new SwitchBench("ip -6 route add default via fe80::99 dev up0 proto ra metric 1024 expires 1800");
        var before = bench.Base.Output("ip", "-6", "route", "show", "default");

        _ = bench.Server("web", 0);

        Assert.Contains("fe80::99", before, StringComparison.Ordinal);
        Assert.Contains("fe80::99", bench.Base.Output("ip", "-6", "route", "show", "default"), StringComparison.Ordinal);
        Assert.Equal("0 1", bench.Base.Output("sh", "-c", "cd /proc/sys/net/ipv6/conf/up0; echo -n $(cat forwarding accept_ra)"));
    }

    [Fact]
    public void TwoHosts_InOneBase_LeaveOneByOne()
    {
        using var bench = new SwitchBench();
        var before = Picture(bench.Base);
        var (machine, _) = bench.Server("web", 0, new PublishedPort(null, 8080, 80, "tcp"));
        using var tcp = Traffic.ServeTcp(machine, 80);
        var paths = new HostPaths(bench.Paths.Name + "x", bench.Paths.State);
        var other = new VirtualSwitch(paths, bench.Program);
        var second = bench.Machine();
        bench.Base.Run(() =>
        {
            other.Prepare();
            _ = other.AttachServer("web", second.Pid, AddressPlan.For(paths.Name, 0), [new PublishedPort(null, 8081, 80, "tcp")]);
        });
        using var alsoTcp = Traffic.ServeTcp(second, 80);

        Assert.NotNull(Traffic.Reach(bench.Client, ProtocolType.Tcp, "2001:db8::1", 8081));
        Assert.Null(Traffic.Ask(second, ProtocolType.Tcp, $"{AddressPlan.For(bench.Paths.Name, 0).V4}", 80));
        bench.Base.Run(bench.Switch.RemoveAll);
        Assert.NotNull(Traffic.Reach(bench.Client, ProtocolType.Tcp, "2001:db8::1", 8081));
        Assert.NotNull(Traffic.Reach(bench.Client, ProtocolType.Tcp, "192.0.2.1", 8081));
        bench.Base.Run(other.RemoveAll);

        Assert.Equal(before, Picture(bench.Base));
    }

    [Fact]
    public void Daemon_ThatComesBack_FindsEverything()
    {
        using var bench = new SwitchBench();
        var (server, _) = bench.Server("web", 0, new PublishedPort(null, 8080, 80, "tcp"));
        var (ids, mirror) = bench.Ids("web", "edge");
        bench.SetFlag("web", "edge", true);
        using var tcp = Traffic.ServeTcp(server, 80);
        Assert.NotNull(Traffic.Reach(bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080));
        var counted = bench.Read("web", "edge");

        // Nothing but the host's name leads the next daemon.
        var next = new VirtualSwitch(new HostPaths(bench.Paths.Name), bench.Program);
        var port = bench.Base.Run(() =>
        {
            next.Prepare();
            return next.AttachServer("web", server.Pid, AddressPlan.For(bench.Paths.Name, 0), [new PublishedPort(null, 8080, 80, "tcp")]);
        });
        var again = bench.Base.Run(() => next.AttachMirror("web", "edge", ids.Pid, "mon0", FrameForm.Carried, false));

        Assert.False(port.Created);
        Assert.False(again.Created);
        Assert.Equal(mirror.FlagMapId, again.FlagMapId);
        var read = bench.Base.Run(() => next.Read("web", "edge"))!;
        Assert.True(read.Active && read.Mirrored >= counted.Mirrored);
        Assert.NotNull(Traffic.Reach(bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080));
    }

    [Fact]
    public void AttachAndDetach_Repeated_LeakNoDescriptorAndNoProgram()
    {
        using var bench = new SwitchBench();
        var (server, _) = bench.Server("web", 0);
        var ids = bench.Machine();
        Cycle();
        var descriptors = OurDescriptors();

        for (var i = 0; i < 10; i++)
            Cycle();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.InRange(OurDescriptors(), 0, descriptors);
        Assert.DoesNotContain("hsm", bench.Base.Output("ip", "-o", "link"), StringComparison.Ordinal);
        Assert.DoesNotContain("hs_from_server", bench.Base.Output("tc", "filter", "show", "dev", bench.Switch.PortOf("web"), "ingress"), StringComparison.Ordinal);

        void Cycle()
        {
            Assert.True(bench.Base.Run(() => bench.Switch.AttachMirror("web", "edge", ids.Pid, "mon0", FrameForm.Carried, true)).Created);
            bench.Base.Run(() => bench.Switch.DetachMirror("web", "edge"));
            _ = server;
        }
    }

    [Fact]
    public void AttachServer_Repeated_IsMadeAnewEachTimeAndLeavesNothing()
    {
        using var bench = new SwitchBench();
        bench.Base.Run(bench.Switch.Prepare);
        var before = Picture(bench.Base);
        for (var i = 0; i < 10; i++)
        {
            var machine = bench.Machine();
            Assert.True(Attach(machine).Created);
            // What is right is left alone.
            Assert.False(Attach(machine).Created);
            bench.Base.Run(() => bench.Switch.DetachServer("web"));
        }

        Assert.Equal(before, Picture(bench.Base));

        ServerPort Attach(FakeMachine machine) =>
            bench.Base.Run(() => bench.Switch.AttachServer("web", machine.Pid, AddressPlan.For(bench.Paths.Name, 0), []));
    }

    // Of namespaces, maps and programs; other tests of this process have sockets.
    private static int OurDescriptors() => Directory.GetFiles("/proc/self/fd").Select(f => new FileInfo(f).LinkTarget ?? "")
        .Count(t => t.StartsWith("net:", StringComparison.Ordinal) || t.Contains("bpf", StringComparison.Ordinal));

    /// <summary>Links, rules, routes, neighbours and settings; link-local noise and counters left out.</summary>
    private static string Picture(FakeMachine machine) => machine.Output("sh", "-c", """
        ip -o link | sed 's/^[0-9]*: //'; nft list ruleset; ip route show table all; ip -6 route show table all; ip rule; ip -6 rule
        tc qdisc show | grep -v 'noqueue'
        cd /proc/sys/net && grep -r . ipv4/conf ipv6/conf ipv4/ip_forward 2>/dev/null | grep -vE 'stable_secret|mtu|base_reachable' | sort
        """);
}
