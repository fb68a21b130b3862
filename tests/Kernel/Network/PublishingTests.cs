using System.Net.Sockets;
using HyperSpector.Api.Site;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

// One at a time: two processors, and buffers for whole super-packets.
[Collection("network")]
public sealed class PublishingTests : IDisposable
{
    private readonly SwitchBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(ProtocolType.Tcp, "192.0.2.1", "192.0.2.2")]
    [InlineData(ProtocolType.Udp, "192.0.2.1", "192.0.2.2")]
    [InlineData(ProtocolType.Tcp, "2001:db8::1", "2001:db8::2")]
    [InlineData(ProtocolType.Udp, "2001:db8::1", "2001:db8::2")]
    public void PublishedPort_AskedFromOutside_ShowsTheClientsAddress(ProtocolType protocol, string address, string seen)
    {
        var (machine, _) = _bench.Server("web", 0, Publish(protocol));
        using var server = Serve(machine, protocol);

        Assert.Equal(seen, Traffic.Reach(_bench.Client, protocol, address, 8080));
    }

    [Theory]
    [InlineData(ProtocolType.Tcp, "127.0.0.1")]
    [InlineData(ProtocolType.Udp, "127.0.0.1")]
    [InlineData(ProtocolType.Tcp, "192.0.2.1")]
    [InlineData(ProtocolType.Tcp, "::1")]
    [InlineData(ProtocolType.Udp, "::1")]
    [InlineData(ProtocolType.Tcp, "2001:db8::1")]
    public void PublishedPort_AskedByTheBaseItself_Answers(ProtocolType protocol, string address)
    {
        var (machine, port) = _bench.Server("web", 0, Publish(protocol));
        using var server = Serve(machine, protocol);

        var seen = Traffic.Reach(_bench.Base, protocol, address, 8080);

        Assert.Equal($"{(address.Contains(':') ? port.Addresses.BaseV6 : port.Addresses.BaseV4)}", seen);
    }

    [Fact]
    public void PublishedPort_OnLoopbackOnly_IsHiddenFromOutside()
    {
        var (machine, _) = _bench.Server("web", 0, new PublishedPort("127.0.0.1", 8080, 80, "tcp"));
        using var server = Serve(machine, ProtocolType.Tcp);
        _bench.Client.Shell("ip route add 127.0.0.1/32 via 192.0.2.1 table local || true; sysctl -qw net.ipv4.conf.all.route_localnet=1");

        Assert.NotNull(Traffic.Reach(_bench.Base, ProtocolType.Tcp, "127.0.0.1", 8080));
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080));
    }

    [Fact]
    public void PublishedPort_OnOneAddress_IsThereOnly()
    {
        _bench.Base.Shell("ip address add 192.0.2.9/24 dev up0");
        var (machine, _) = _bench.Server("web", 0, new PublishedPort("192.0.2.9", 8080, 80, "tcp"));
        using var server = Serve(machine, ProtocolType.Tcp);

        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, "192.0.2.9", 8080));
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080));
    }

    [Fact]
    public void Port_NotPublished_CannotBeReachedByRoute()
    {
        var (machine, port) = _bench.Server("web", 0, Publish(ProtocolType.Tcp));
        using var server = Serve(machine, ProtocolType.Tcp);
        using var other = Traffic.ServeTcp(machine, 81);
        _bench.Client.Shell($"ip route add {port.Addresses.V4} via 192.0.2.1; ip -6 route add {port.Addresses.V6} via 2001:db8::1");

        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, $"{port.Addresses.V4}", 81));
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, $"{port.Addresses.V6}", 81));
        Assert.Null(Traffic.Ask(_bench.Base, ProtocolType.Tcp, $"{port.Addresses.V4}", 81));
        Assert.Null(Traffic.Ask(_bench.Base, ProtocolType.Tcp, $"{port.Addresses.V6}", 81));
    }

    [Theory]
    [InlineData("192.0.2.2", "192.0.2.1")]
    [InlineData("2001:db8::2", "2001:db8::1")]
    public void ServerVm_ThatCallsOut_IsSeenAsTheBase(string client, string seen)
    {
        var (machine, _) = _bench.Server("web", 0);
        using var tcp = Traffic.ServeTcp(_bench.Client, 9000);
        using var udp = Traffic.ServeUdp(_bench.Client, 9000);

        Assert.Equal(seen, Traffic.Reach(machine, ProtocolType.Tcp, client, 9000));
        Assert.Equal(seen, Traffic.Reach(machine, ProtocolType.Udp, client, 9000));
    }

    [Fact]
    public void AttachServer_WithOtherPorts_ChangesOnlyTheTranslation()
    {
        var (machine, first) = _bench.Server("web", 0, Publish(ProtocolType.Tcp));
        using var server = Serve(machine, ProtocolType.Tcp);

        var second = _bench.Attach("web", machine, 0, new PublishedPort(null, 9090, 80, "tcp"));

        Assert.True(first.Created);
        Assert.False(second.Created);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 9090));
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080));
    }

    [Fact]
    public void AttachServer_AfterTheRulesetWasFlushed_Heals()
    {
        var (machine, _) = _bench.Server("web", 0, Publish(ProtocolType.Tcp));
        using var server = Serve(machine, ProtocolType.Tcp);
        _bench.Base.Shell("nft flush ruleset");
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080));

        var again = _bench.Attach("web", machine, 0, Publish(ProtocolType.Tcp));

        Assert.False(again.Created);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080));
        Assert.NotNull(_bench.Base.Run(() => _bench.Switch.ReadPolicing("web")));
    }

    private static PublishedPort Publish(ProtocolType protocol) => new(null, 8080, 80, protocol == ProtocolType.Tcp ? "tcp" : "udp");

    private static Socket Serve(FakeMachine machine, ProtocolType protocol) =>
        protocol == ProtocolType.Tcp ? Traffic.ServeTcp(machine, 80) : Traffic.ServeUdp(machine, 80);
}
