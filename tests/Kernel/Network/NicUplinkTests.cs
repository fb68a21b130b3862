using System.Globalization;
using System.Net.Sockets;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Network.Switch;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>A server on the network of a NIC: <c>nic1</c> of the base and <c>lan1</c> of the client are the ends of that network.</summary>
[Collection("network")]
public sealed class NicUplinkTests : IDisposable
{
    private const string Web4 = "198.51.100.10", Web6 = "2001:db8:1::10", Client4 = "198.51.100.2", Client6 = "2001:db8:1::2", Base4 = "198.51.100.1";

    private static readonly UplinkSpec s_fixed = new() { Nic = "nic1", Addresses = [$"{Web4}/24", $"{Web6}/64"], Gateways = [Client4, Client6] };
    private static readonly UplinkSpec s_open = new() { Nic = "nic1" };

    private readonly SwitchBench _bench = new();

    public NicUplinkTests() => PlugIn();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(ProtocolType.Tcp, Web4, Client4)]
    [InlineData(ProtocolType.Udp, Web4, Client4)]
    [InlineData(ProtocolType.Tcp, Web6, Client6)]
    [InlineData(ProtocolType.Udp, Web6, Client6)]
    public void Server_AskedOnItsNetwork_AnswersAndSeesTheClient(ProtocolType protocol, string address, string client)
    {
        var machine = Join(s_fixed);
        using var server = protocol == ProtocolType.Tcp ? Traffic.ServeTcp(machine, 80) : Traffic.ServeUdp(machine, 80);
        using var outside = protocol == ProtocolType.Tcp ? Traffic.ServeTcp(_bench.Client, 9000) : Traffic.ServeUdp(_bench.Client, 9000);

        Assert.Equal(client, Traffic.Reach(_bench.Client, protocol, address, 80));
        Assert.Equal(address, Traffic.Reach(machine, protocol, client, 9000));
    }

    [Fact]
    public void Base_KeepsItsOwnAddressesOfTheNic_AndIsClosedToTheServer()
    {
        // Inherited from the machine's first namespace; the looser of two settings wins.
        _bench.Base.Shell("sysctl -qw net.ipv4.conf.all.rp_filter=0");
        var machine = Join(s_fixed);
        using var tcp = Traffic.ServeTcp(_bench.Base, 22);
        using var udp = Traffic.ServeUdp(_bench.Base, 22);

        Assert.Equal(Client4, Traffic.Reach(_bench.Client, ProtocolType.Tcp, Base4, 22));
        Assert.Equal(Client6, Traffic.Reach(_bench.Client, ProtocolType.Tcp, "2001:db8:1::1", 22));
        AssertBaseIsClosed(machine);
        // Neither rules nor programs: what the VM's root sends to the base's end of its port goes nowhere all the same.
        machine.Shell($"ip neighbour replace {Base4} lladdr {AddressPlan.Text(AddressPlan.For(_bench.Paths.Name, 0).BaseMac)} dev eth0");
        AssertBaseIsClosed(machine);
        _bench.Base.Shell("nft flush ruleset");
        var before = Delivered();
        AssertBaseIsClosed(machine);
        Assert.Equal(before, Delivered());
        // That is the strict filter's doing: without it the base's sockets hear the VM.
        _bench.Base.Shell($"sysctl -qw net.ipv4.conf.{_bench.Switch.PortOf("web")}.rp_filter=0");
        AssertBaseIsClosed(machine);
        Assert.True(Delivered() > before);

        // Datagrams that sockets of the base got.
        long Delivered() => long.Parse(
            _bench.Base.Output("sh", "-c", "awk '/^Udp:/ && $2 ~ /[0-9]/ { print $2 }' /proc/net/snmp").Trim(), CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Frames_BetweenServerAndNetwork_AreTheSameEverywhere()
    {
        var machine = Join(s_open);
        var (ids, _) = _bench.Ids("web", "edge", always: true);
        var web = MacOf(machine, "eth0");
        var client = MacOf(_bench.Client, "lan1");
        using var onTheNetwork = new Capture(_bench.Client, "lan1");
        using var inTheServer = new Capture(machine, "eth0");
        using var inTheIds = new Capture(ids, "mon0");

        // Unknown EtherTypes to the VM, to all and to groups; LLDP, a VLAN tag, the shortest and the longest frame. To a group whose
        // address, less the bit that makes it one, looks like those that the switch gives its ports.
        var ending = Convert.ToHexString("HyperSpector on the wire"u8);
        string[] to = [web, "ffffffffffff", "01005e0000fb", "333300000001", "0180c200000e", "034812340201", "074812340101", "ab0000010000"];
        var frames = to.Select((t, i) => t + client + "88b5" + i.ToString("x2", CultureInfo.InvariantCulture) + ending)
            .Append($"0180c200000e{client}88cc{ending}").Append($"{web}{client}8100002a0800{ending}").Append($"{web}{client}88b5")
            .Append($"ffffffffffff{client}88b5{ending}" + new string('5', 2 * (1500 - ending.Length / 2))).Select(Convert.FromHexString).ToArray();
        var back = to.Skip(1).Append(client).Select(t => Convert.FromHexString(t + web + "88b6" + ending)).ToArray();
        Traffic.SendFrame(_bench.Client, "lan1", frames);
        Traffic.SendFrame(machine, "eth0", back);

        var expected = frames.Concat(back).Select(f => Convert.ToHexString(f)).Order(StringComparer.Ordinal).ToList();
        foreach (var capture in new[] { onTheNetwork, inTheServer, inTheIds })
            Assert.Equal(expected, capture.Stop().Select(f => f.Text).Where(t => t[24..28] is "88B5" or "88B6" or "88CC" or "8100").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Server_WithAddresses_CannotTakeAnothers()
    {
        var machine = Join(s_fixed);
        using var udp = Traffic.ServeUdp(_bench.Client, 9000);
        Assert.Equal(Web4, Traffic.Reach(machine, ProtocolType.Udp, Client4, 9000));
        Assert.Equal(Web6, Traffic.Reach(machine, ProtocolType.Udp, Client6, 9000));
        var web = MacOf(machine, "eth0");
        var before = Policing();
        using var capture = new Capture(_bench.Client, "lan1");

        // Another MAC; ARP for the base's address; IPv4 and IPv6 from other addresses; a VLAN tag; a router's and another's advertisement.
        const string rest = "0000000000000000000000000000000000000000000000000000000000000000000000000000";
        var v6 = $"ffffffffffff{web}86dd6000000000203aff";
        var own = "20010db8000100000000000000000010";
        string[] forged =
        [
            $"ffffffffffff02000000009988b5{rest}",
            $"ffffffffffff{web}080600010800060400 02{web}c6336401ffffffffffffc6336402",
            $"ffffffffffff{web}0800450000140000000040110000c6336401c6336402{rest}",
            $"{v6}20010db80001000000000000000000ffff020000000000000000000000000001{rest}",
            $"ffffffffffff{web}8100002a0800{rest}",
            $"{v6}{own}ff02000000000000000000000000000186000000{rest}",
            $"{v6}{own}ff0200000000000000000000000000018800000020000000 20010db8000100000000000000000001{rest}",
        ];
        foreach (var frame in forged)
            Traffic.SendFrame(machine, "eth0", Convert.FromHexString(frame.Replace(" ", "", StringComparison.Ordinal)));

        var after = Policing();
        Assert.Equal(1, after.Mac - before.Mac);
        Assert.Equal(4, after.Source - before.Source);
        Assert.Equal(2, after.Protocol - before.Protocol);
        // Its kernel's own words, to find its neighbours, may pass at any time.
        var texts = forged.Select(f => f.Replace(" ", "", StringComparison.Ordinal)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        Assert.DoesNotContain(capture.Stop(), f => texts.Contains(f.Text) || f.Source == "020000000099");
        // And its own go on.
        Assert.Equal(Web6, Traffic.Reach(machine, ProtocolType.Udp, Client6, 9000));
    }

    [Theory]
    [InlineData("tc qdisc del dev PORT clsact")]
    [InlineData("tc filter del dev PORT egress")]
    public void Frames_WithoutTheProgramsOfThePort_DoNotArriveUnseen(string damage)
    {
        var machine = Join(s_fixed);
        _ = _bench.Ids("web", "edge", always: true);
        using var server = Traffic.ServeUdp(machine, 80);
        _bench.Client.Shell($"""
            ip neighbour replace {Web4} lladdr {AddressPlan.Text(Nics.Mac(Nics.MachineId(), _bench.Paths.Name, "web"))} dev lan1
            ip route add 255.255.255.255 dev lan1
            """);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Udp, Web4, 80));
        var received = Received();
        SendToAll();
        var deadline = Environment.TickCount64 + 10_000;
        while (Received() < received + 10 && Environment.TickCount64 < deadline)
            Thread.Sleep(10);
        Assert.True(Received() >= received + 10);

        _bench.Base.Shell(damage.Replace("PORT", _bench.Switch.PortOf("web"), StringComparison.Ordinal));
        received = Received();
        SendToAll();
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Udp, Web4, 80));

        Assert.Equal(received, Received());
        _ = _bench.Attach("web", machine, 0, s_fixed);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Udp, Web4, 80));

        void SendToAll()
        {
            for (var i = 0; i < 10; i++)
                Traffic.Send(_bench.Client, null, "255.255.255.255", 80, "!"u8.ToArray());
        }

        // Packets that the VM's kernel took for itself.
        long Received() => long.Parse(
            machine.Output("sh", "-c", "awk '/^Ip:/ && $4 ~ /[0-9]/ { print $4 }' /proc/net/snmp").Trim(), CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Nic_ThatVanishes_IsToldAndJoinedAgain()
    {
        var machine = Join(s_fixed);
        using var server = Traffic.ServeTcp(machine, 80);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, Web4, 80));
        Assert.Null(Defect());

        _bench.Base.Shell("ip link del nic1");
        Assert.Equal("there is no NIC nic1", Defect());
        // The look of every second sees that, too.
        Assert.NotNull(_bench.Base.Run(() => _bench.Switch.UplinkDefect("web", s_fixed, thorough: false)));
        Assert.False(_bench.Attach("web", machine, 0, s_fixed).Created);
        Assert.Empty(_bench.Base.Run(_bench.Switch.RestoreRules));
        PlugIn();
        Assert.NotNull(Defect());
        Assert.False(_bench.Attach("web", machine, 0, s_fixed).Created);

        Assert.Null(Defect());
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, Web4, 80));
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, Web6, 80));
        foreach (var damage in new[] { "ip link del HSU", "ip link set HSU down", "tc qdisc del dev HSU clsact", "ip link set HSU address 02:00:00:00:00:07" })
        {
            _bench.Base.Shell(damage.Replace("HSU", _bench.Paths.Interface('u', "web"), StringComparison.Ordinal));
            Assert.NotNull(Defect());
            Assert.False(_bench.Attach("web", machine, 0, s_fixed).Created);
            Assert.Null(Defect());
            Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, Web4, 80));
        }

        string? Defect() => _bench.Base.Run(() => _bench.Switch.UplinkDefect("web", s_fixed, thorough: true));
    }

    [Fact]
    public void Uplink_Changed_IsAnotherPortAndLeavesNothingBehind()
    {
        _bench.Base.Run(_bench.Switch.Prepare);
        var before = Picture();
        var machine = Join(s_fixed);
        using var server = Traffic.ServeTcp(machine, 80);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, Web4, 80));
        Assert.False(_bench.Attach("web", machine, 0, s_fixed).Created);

        Assert.True(_bench.Attach("web", machine, 0, new PublishedPort(null, 8080, 80, "tcp")).Created);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, "192.0.2.1", 8080));
        Assert.Null(Traffic.Ask(_bench.Client, ProtocolType.Tcp, Web4, 80));
        Assert.True(_bench.Attach("web", machine, 0, s_fixed).Created);
        Assert.NotNull(Traffic.Reach(_bench.Client, ProtocolType.Tcp, Web6, 80));

        _bench.Base.Run(() => _bench.Switch.DetachServer("web"));
        Assert.Equal(before, Picture());
    }

    private static void AssertBaseIsClosed(FakeMachine machine)
    {
        Assert.Null(Traffic.Ask(machine, ProtocolType.Tcp, Base4, 22));
        Assert.Null(Traffic.Ask(machine, ProtocolType.Udp, Base4, 22));
        Assert.Null(Traffic.Ask(machine, ProtocolType.Udp, "2001:db8:1::1", 22));
        Assert.Null(Traffic.Ask(machine, ProtocolType.Udp, "192.0.2.1", 22));
    }

    private void PlugIn()
    {
        _bench.Base.Shell($"""
            ip link add nic1 type veth peer name lan1 netns {_bench.Client.Pid}
            ip address add {Base4}/24 dev nic1; ip address add 2001:db8:1::1/64 dev nic1 nodad; ip link set nic1 up
            """);
        _bench.Client.Shell($"ip address add {Client4}/24 dev lan1; ip address add {Client6}/64 dev lan1 nodad; ip link set lan1 up");
    }

    private FakeMachine Join(UplinkSpec uplink)
    {
        var machine = _bench.Machine();
        Assert.True(_bench.Attach("web", machine, 0, uplink).Created);
        return machine;
    }

    private PolicingCounters Policing() => _bench.Base.Run(() => _bench.Switch.ReadPolicing("web"))!;

    private string Picture() => _bench.Base.Output("sh", "-c", """
        ip -o -d link | sed 's/^[0-9]*: //'; nft --stateless list ruleset; ip route show table all; ip -6 route show table all; tc qdisc show | grep -v noqueue
        cd /proc/sys/net && grep -r . ipv4/conf ipv6/conf 2>/dev/null | grep -vE 'stable_secret|mtu|base_reachable' | sort
        """);

    private static string MacOf(FakeMachine machine, string link) =>
        machine.Output("sh", "-c", $"ip -br link show dev {link} | grep -o '[0-9a-f:]\\{{17\\}}' | tr -d ':\\n'");
}
