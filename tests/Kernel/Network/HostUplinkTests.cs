using System.Net;
using System.Net.Sockets;
using HyperSpector.Api.Site;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>The paper's way: what arrives for the host is the server VM's, but for what the base itself needs.</summary>
[Collection("network")]
public sealed class HostUplinkTests : IDisposable
{
    private const string Host4 = "192.0.2.1", Client4 = "192.0.2.2", Host6 = "2001:db8::1", Client6 = "2001:db8::2";

    private readonly SwitchBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(ProtocolType.Tcp, Host4, Client4)]
    [InlineData(ProtocolType.Udp, Host4, Client4)]
    [InlineData(ProtocolType.Tcp, Host6, Client6)]
    [InlineData(ProtocolType.Udp, Host6, Client6)]
    public void AnyPortOfTheHost_AskedFromOutside_IsTheServers(ProtocolType protocol, string address, string client)
    {
        // The base has listeners of its own there; they hear nothing from outside.
        using var deafTcp = Traffic.ServeTcp(_bench.Base, 4711);
        using var deafUdp = Traffic.ServeUdp(_bench.Base, 4711);
        _ = _bench.Ids("web", "edge", always: true);
        var machine = Join(new UplinkSpec { Host = true });
        Assert.Null(Traffic.Ask(_bench.Client, protocol, address, 4711));
        var before = _bench.Read("web", "edge");
        using var server = protocol == ProtocolType.Tcp ? Traffic.ServeTcp(machine, 4711) : Traffic.ServeUdp(machine, 4711);

        Assert.Equal(client, Traffic.Reach(_bench.Client, protocol, address, 4711));

        var after = _bench.Read("web", "edge");
        Assert.True(after.Mirrored - before.Mirrored >= 2);
        Assert.Equal(after.Received + after.Sent, after.Mirrored);
        Assert.NotNull(Traffic.Reach(_bench.Base, protocol, address, 4711));
    }

    [Fact]
    public void WhatStaysWithTheBase_Stays()
    {
        using var kept = Traffic.ServeTcp(_bench.Base, 22);
        using var keptUdp = Traffic.ServeUdp(_bench.Base, 5182);
        using var outside = Traffic.ServeTcp(_bench.Client, 9000);
        using var outsideUdp = Traffic.ServeUdp(_bench.Client, 9000);
        // A connection that the base had before conntrack knew of any, as an administrator's.
        using var before = _bench.Base.Run(() => Listener(2222));
        using var administrator = _bench.Client.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        administrator.Connect(IPAddress.Parse(Host4), 2222);
        using var session = before.Accept();

        var machine = Join(new UplinkSpec { Host = true, Keep = [new KeptPort(22, "tcp"), new KeptPort(5182, "udp")] });
        using var server = Traffic.ServeTcp(machine, 2222);

        Assert.Equal(Client4, Traffic.Reach(_bench.Client, ProtocolType.Tcp, Host4, 22));
        Assert.Equal(Client6, Traffic.Reach(_bench.Client, ProtocolType.Tcp, Host6, 22));
        Assert.Equal(Client4, Traffic.Reach(_bench.Client, ProtocolType.Udp, Host4, 5182));
        Assert.Equal(Host4, Traffic.Reach(_bench.Base, ProtocolType.Tcp, Client4, 9000));
        Assert.Equal(Host6, Traffic.Reach(_bench.Base, ProtocolType.Udp, Client6, 9000));
        AssertTalks(administrator, session);
        AssertTalks(session, administrator);
        // The next one to that port is the server's.
        Assert.Equal(Client4, Traffic.Reach(_bench.Client, ProtocolType.Tcp, Host4, 2222));
        // The server calls out, and the base is closed to it, kept ports included.
        Assert.Equal(Host4, Traffic.Reach(machine, ProtocolType.Tcp, Client4, 9000));
        Assert.Null(Traffic.Ask(machine, ProtocolType.Tcp, Host4, 22));
    }

    [Fact]
    public void PublishedPorts_OfTheOtherServers_ComeFirst()
    {
        var all = Join(new UplinkSpec { Host = true });
        // Made later, and there nevertheless.
        var (db, _) = _bench.Server("db", 1, new PublishedPort(null, 5432, 80, "tcp"));
        using var everything = Traffic.ServeTcp(all, 5432);
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, Host4, 5432));
        using var published = Traffic.ServeTcp(db, 80);

        Assert.Equal(Client4, Traffic.Reach(_bench.Client, ProtocolType.Tcp, Host4, 5432));
        Assert.Equal(Client6, Traffic.Reach(_bench.Client, ProtocolType.Tcp, Host6, 5432));
    }

    [Fact]
    public void Uplink_TakenAway_GivesTheHostItsPortsBack()
    {
        using var own = Traffic.ServeTcp(_bench.Base, 4711);
        var machine = Join(new UplinkSpec { Host = true });
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, Host4, 4711));

        Assert.False(_bench.Attach("web", machine, 0).Created);

        Assert.Equal(Client4, Traffic.Reach(_bench.Client, ProtocolType.Tcp, Host4, 4711));
    }

    private static void AssertTalks(Socket from, Socket to)
    {
        to.ReceiveTimeout = 20_000;
        _ = from.Send("hello"u8);
        var buffer = new byte[5];
        Assert.Equal(5, to.Receive(buffer));
        Assert.Equal("hello"u8.ToArray(), buffer);
    }

    private static Socket Listener(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, port));
        socket.Listen(4);
        return socket;
    }

    private FakeMachine Join(UplinkSpec uplink)
    {
        var machine = _bench.Machine();
        Assert.True(_bench.Attach("web", machine, 0, uplink).Created);
        return machine;
    }
}
