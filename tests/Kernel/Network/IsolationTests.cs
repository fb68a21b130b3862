using System.Net.Sockets;
using HyperSpector.Api.Site;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

// One at a time: two processors, and buffers for whole super-packets.
[Collection("network")]
public sealed class IsolationTests : IDisposable
{
    private readonly SwitchBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::1")]
    [InlineData("169.254.83.1")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Base_CalledByAServerVm_IsSilent(string address)
    {
        var (machine, port) = _bench.Server("web", 0, new PublishedPort(null, 8080, 80, "tcp"));
        using var tcp = Traffic.ServeTcp(_bench.Base, 22);
        using var udp = Traffic.ServeUdp(_bench.Base, 22);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, address.Contains(':') ? "2001:db8::1" : "192.0.2.1", 22));

        Assert.Null(Traffic.Ask(machine, ProtocolType.Tcp, address, 22));
        Assert.Null(Traffic.Ask(machine, ProtocolType.Udp, address, 22));
        Assert.Null(Traffic.Ask(machine, ProtocolType.Tcp, $"{port.Addresses.BaseV4}", 22));
    }

    [Fact]
    public void LoopbackOfTheBase_ForgedByAServerVm_IsSilent()
    {
        var (machine, _) = _bench.Server("web", 0);
        using var udp = Traffic.ServeUdp(_bench.Base, 22);
        // The VM's own kernel would deliver these to itself: it must be told that they lie outside.
        machine.Shell("""
            sysctl -qw net.ipv4.conf.all.route_localnet=1
            ip route del local 127.0.0.0/8 dev lo table local; ip route del local 127.0.0.1 dev lo table local
            ip route add 127.0.0.1/32 via 169.254.83.1 dev eth0 onlink
            """);

        Assert.Null(Traffic.Ask(machine, ProtocolType.Udp, "127.0.0.1", 22));

        Assert.True(_bench.Base.Run(() => _bench.Switch.ReadPolicing("web"))!.Destination > 0);
    }

    [Fact]
    public void ServerVms_CallingEachOther_AreUnreachable()
    {
        var (first, a) = _bench.Server("one", 0, new PublishedPort(null, 8080, 80, "tcp"));
        var (second, b) = _bench.Server("two", 1, new PublishedPort(null, 8081, 80, "tcp"));
        using var one = Traffic.ServeTcp(first, 80);
        using var two = Traffic.ServeTcp(second, 80);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080));
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, "2001:db8::1", 8081));

        Assert.Null(Traffic.Ask(first, ProtocolType.Tcp, $"{b.Addresses.V4}", 80));
        Assert.Null(Traffic.Ask(first, ProtocolType.Tcp, $"{b.Addresses.V6}", 80));
        // Through the published port: its own and the other's, by the base's address.
        Assert.Null(Traffic.Ask(first, ProtocolType.Tcp, "192.0.2.1", 8080));
        Assert.Null(Traffic.Ask(first, ProtocolType.Tcp, "192.0.2.1", 8081));
        Assert.Null(Traffic.Ask(first, ProtocolType.Tcp, "2001:db8::1", 8081));
    }

    [Fact]
    public void ServerVm_WithAnotherSource_IsMirroredAndDropped()
    {
        var (machine, _) = _bench.Server("web", 0);
        _ = _bench.Ids("web", "edge", always: true);
        using var udp = Traffic.ServeUdp(_bench.Client, 9000);
        Assert.NotNull(Traffic.Reach(machine, ProtocolType.Udp, "192.0.2.2", 9000));
        machine.Shell("ip address add 198.51.100.7/32 dev eth0; ip -6 address add 2001:db8:7::7/128 dev eth0 nodad");
        // The VM's own kernel speaks up now and then, too (multicast listener reports); none of that can come up to these.
        var before = _bench.Read("web", "edge");

        var refused = Policing(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                Send(machine, "198.51.100.7", "192.0.2.2");
                Send(machine, "2001:db8:7::7", "2001:db8::2");
            }
        });

        var after = _bench.Read("web", "edge");
        Assert.InRange(refused.Source, 100, 110);
        Assert.InRange(after.Mirrored - before.Mirrored, 100, 110);
        Assert.Equal(0, after.Received - before.Received);
    }

    [Fact]
    public void ServerVm_WithAnotherMac_IsDropped()
    {
        var (machine, _) = _bench.Server("web", 0);
        machine.Shell("ip link set dev eth0 address 02:00:00:00:00:99");

        var refused = Policing(() => Send(machine, null, "192.0.2.2"));

        Assert.True(refused.Mac >= 1);
        Assert.Null(Traffic.Ask(machine, ProtocolType.Udp, "192.0.2.2", 9000));
    }

    [Fact]
    public void ServerVm_ThatTellsOfNeighbours_IsDropped()
    {
        var (machine, _) = _bench.Server("web", 0);
        var before = _bench.Base.Output("ip", "neighbour", "show");

        var refused = Policing(() =>
        {
            // ARP, an unsolicited neighbour advertisement, a router advertisement, an unknown EtherType and a VLAN tag.
            SendFrame(machine, "0806 0001080006040002 024800000101 c0000202 ffffffffffff c0000201");
            SendFrame(machine, "86dd 60000000 0020 3aff fe80000000000000000000000000beef fe800000000000000000000000000001"
                + "8800 0000 a0000000 20010db8000000000000000000000002 0201024800000101");
            SendFrame(machine, "88cc 0207040102030405060403");
            SendFrame(machine, "8100 0005 0800 4500001c00010000401100000a5000020a500001 0035003500080000");
        });

        Assert.Equal(3, refused.Protocol);
        Assert.InRange(refused.Source, 1, 5);
        Assert.Equal(before, _bench.Base.Output("ip", "neighbour", "show"));
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("224.0.0.251")]
    [InlineData("255.255.255.255")]
    [InlineData("ff02::1")]
    [InlineData("fe80::1")]
    public void ServerVm_CallingLinkLocalOrMulticast_IsDropped(string address)
    {
        var (machine, _) = _bench.Server("web", 0);

        var refused = Policing(() => Send(machine, null, address));

        Assert.True(refused.Destination + refused.Source >= 1);
    }

    [Fact]
    public void Base_AskedForAddresses_AnswersNoArp()
    {
        var (machine, _) = _bench.Server("web", 0);

        Assert.Equal("", machine.Output("sh", "-c", "arping -q -c 1 -w 1 -I eth0 192.0.2.1 || true; arping -q -c 1 -w 1 -I eth0 169.254.83.1 || true"));
        Assert.Throws<IOException>(() => machine.Output("arping", "-q", "-c", "1", "-w", "1", "-I", "eth0", "192.0.2.1"));
    }

    [Fact]
    public void ForwardingThatWasOff_ForOthers_StaysOff()
    {
        // A second network behind the base: not ours.
        var other = _bench.Machine();
        _bench.Base.Shell($"""
            ip link add lan0 type veth peer name l0 netns {other.Pid}
            ip address add 203.0.113.1/24 dev lan0; ip -6 address add 2001:db8:2::1/64 dev lan0 nodad; ip link set lan0 up
            """);
        other.Shell("""
            ip address add 203.0.113.2/24 dev l0; ip -6 address add 2001:db8:2::2/64 dev l0 nodad; ip link set l0 up
            ip route add default via 203.0.113.1; ip -6 route add default via 2001:db8:2::1
            """);
        _bench.Client.Shell("ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8::1");
        _ = _bench.Server("web", 0);
        using var tcp = Traffic.ServeTcp(other, 80);

        Assert.NotNull(Traffic.Reach(_bench.Base, ProtocolType.Tcp, "203.0.113.2", 80));
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, "203.0.113.2", 80));
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, "2001:db8:2::2", 80));

        // One interface forwarded before us: it goes on, and it alone.
        _bench.Base.Run(_bench.Switch.RemoveAll);
        _bench.Base.Shell("sysctl -qw net.ipv4.conf.lan0.forwarding=1 net.ipv4.conf.up0.forwarding=1");
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, "203.0.113.2", 80));
        _bench.Base.Run(_bench.Switch.Prepare);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, "203.0.113.2", 80));
        _bench.Base.Run(_bench.Switch.RemoveAll);
        _bench.Base.Shell("sysctl -qw net.ipv4.conf.lan0.forwarding=0 net.ipv4.conf.up0.forwarding=1");
        _bench.Base.Run(_bench.Switch.Prepare);
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, "203.0.113.2", 80));

        // Somebody else, such as a container engine, turns it on: then it is theirs.
        _bench.Base.Shell("sysctl -qw net.ipv4.ip_forward=1");
        _bench.Base.Run(_bench.Switch.Prepare);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, "203.0.113.2", 80));
    }

    private Engine.Network.Switch.PolicingCounters Policing(Action action)
    {
        var before = _bench.Base.Run(() => _bench.Switch.ReadPolicing("web"))!;
        action();
        var after = _bench.Base.Run(() => _bench.Switch.ReadPolicing("web"))!;
        return new()
        {
            Mac = after.Mac - before.Mac,
            Protocol = after.Protocol - before.Protocol,
            Source = after.Source - before.Source,
            Destination = after.Destination - before.Destination,
        };
    }

    private static void Send(FakeMachine machine, string? from, string to) => Traffic.Send(machine, from, to, 9000, "!"u8.ToArray());

    private static void SendFrame(FakeMachine machine, string afterAddresses) => Traffic.SendFrame(
        machine, "eth0", Convert.FromHexString(("ffffffffffff" + MachineMac(machine) + afterAddresses).Replace(" ", "", StringComparison.Ordinal)));

    private static string MachineMac(FakeMachine machine) =>
        machine.Output("sh", "-c", "ip -br link show dev eth0 | grep -o '[0-9a-f:]\\{17\\}' | tr -d ':\\n'");
}
