using System.Net;
using System.Net.Sockets;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Network.Mirror;
using HyperSpector.Engine.Network.Switch;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

// One at a time: two processors, and buffers for whole super-packets.
[Collection("network")]
public sealed class MirrorTests : IDisposable
{
    private readonly SwitchBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Mirror_WhileNobodyCaptures_CopiesNothing()
    {
        var (server, _) = Server();
        var (ids, _) = _bench.Ids("web", "edge");
        using var capture = new Capture(ids, "mon0");

        Exchange(server);

        Assert.Empty(capture.Stop());
        var counters = Quiet("edge");
        Assert.Equal(0, counters.Mirrored + counters.Dropped);
        Assert.True(counters is { Idle: > 20, Active: false });
    }

    [Fact]
    public void Mirror_WhileActive_DeliversWhatThePortCarries()
    {
        var (server, port) = Server();
        var (ids, _) = _bench.Ids("web", "edge");
        _bench.SetFlag("web", "edge", true);
        using var onPort = new Capture(_bench.Base, port.Interface);
        using var inIds = new Capture(ids, "mon0");
        Exchange(server);

        AssertSame(onPort.Stop(), inIds.Stop(), port, inOrder: false, out var frames);
        // The mix holds what it promises: a super-packet, fragments, a VLAN tag, both families.
        Assert.Contains(frames, f => f.Length > 9000);
        Assert.Contains(frames, f => f.Text[24..32] == "81000005");
        Assert.Contains(frames, f => f.Text[24..28] == "86DD");
        Assert.Contains(frames, f => f.Text[24..28] == "0800" && (Convert.ToInt32(f.Text[40..44], 16) & 0x3FFF) != 0);
        var after = Quiet("edge");
        Assert.InRange(after.Mirrored - frames.Count, 0, 10);
        Assert.Equal(0, after.Dropped);
    }

    [Fact]
    public void Mirror_WhileActive_KeepsTheOrderPerDirection()
    {
        var (server, port) = Server();
        var (ids, _) = _bench.Ids("web", "edge", always: true);
        using var onPort = new Capture(_bench.Base, port.Interface);
        using var inIds = new Capture(ids, "mon0");

        for (var i = 0; i < 20; i++)
            Exchange(server, bulk: false);

        AssertSame(onPort.Stop(), inIds.Stop(), port, inOrder: true, out var frames);
        Assert.True(frames.Count > 500);
    }

    [Fact]
    public void Mirror_OfWireFrames_StaysWithinTheMtuWithGoodChecksums()
    {
        var (server, port) = Server();
        var (ids, _) = _bench.Ids("web", "edge", FrameForm.Wire, always: true);
        using var inIds = new Capture(ids, "mon0", longest: 4096);

        Exchange(server, vlan: false);

        var frames = inIds.Stop();
        Assert.True(frames.Count > 1000);
        Assert.All(frames, f => Assert.True(f.Length <= PortMtu + 14));
        Assert.All(frames, f => Assert.True(Checksums.AreGood(f.Bytes.Span), f.Text));
        Assert.Equal(0, Quiet("edge").Dropped);
        _ = port;
    }

    [Fact]
    public void MirrorPort_SentInto_RefusesAndCounts()
    {
        var (_, port) = Server();
        var (ids, mirror) = _bench.Ids("web", "edge", always: true);
        var before = Quiet("edge");
        using var onPort = new Capture(_bench.Base, port.Interface);
        var frame = Convert.FromHexString("ffffffffffff020000000001" + "0800" + "4500001c00010000401100000a5000020a500001" + "0035003500080000");

        Traffic.SendFrame(ids, "mon0", [.. Enumerable.Repeat(frame, 20)]);
        // An address and a route, which takes CAP_NET_ADMIN in the IDS VM, carry nothing either.
        ids.Shell("ip address add 10.99.0.1/24 dev mon0; ip neighbour add 10.99.0.2 lladdr 02:00:00:00:00:02 dev mon0; ip route add 192.0.2.0/24 via 10.99.0.2");
        Assert.Null(Traffic.Ask(ids, ProtocolType.Tcp, "192.0.2.2", 80));
        Assert.Null(Traffic.Ask(ids, ProtocolType.Udp, "192.0.2.1", 53));

        var after = Quiet("edge");
        Assert.InRange(after.Refused - before.Refused, 22, 40);
        Assert.DoesNotContain(onPort.Stop(), f => f.Source == "020000000001");
        Assert.InRange(LongOf(mirror.Interface, "rx_packets"), after.Refused, 40);
    }

    [Fact]
    public void WireFrames_LostInPart_AreCountedAsLoss()
    {
        var (server, _) = Server();
        var (ids, mirror) = _bench.Ids("web", "edge", FrameForm.Wire, always: true);
        // Whole segments do not fit, the small rest at the end of a super-packet does: only the latter's fate is reported back.
        ids.Shell("ip link set mon0 mtu 600");

        Exchange(server, vlan: false);

        var counters = Quiet("edge");
        var lost = _bench.Base.Output("sh", "-c", $"ip -s -j link show dev {mirror.Interface} | grep -o '\"tx\":.*\"dropped\":[0-9]*' | grep -o '[0-9]*$'");
        Assert.True(counters.Dropped > 0);
        Assert.Equal(Math.Min(long.Parse(lost, System.Globalization.CultureInfo.InvariantCulture), counters.Received + counters.Sent), counters.Dropped);
    }

    [Fact]
    public void IdsVm_AddressedByTheServerThroughTheMirror_StaysDeaf()
    {
        var (server, _) = Server();
        var (ids, _) = _bench.Ids("web", "edge", always: true);
        // An address on another interface, as the virtual network gives it; the server sends a broadcast frame there.
        ids.Shell("ip link add hs0 type veth peer name hs1; ip address add 10.99.0.1/24 dev hs0; ip link set hs0 up; ip link set hs1 up");
        using var socket = ids.Run(() =>
        {
            var made = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 300 };
            made.Bind(new IPEndPoint(IPAddress.Any, 53));
            return made;
        });
        using var capture = new Capture(ids, "mon0");
        var frame = "ffffffffffff024800000001" + "0800" + "4500001d000100004011661a0a5000020a630001" + "00350035000900003f";

        Traffic.SendFrame(server, "eth0", Convert.FromHexString(frame));

        Assert.Throws<SocketException>(() => socket.Receive(new byte[16]));
        Assert.Contains(capture.Stop(), f => f.Text.Equals(frame, StringComparison.OrdinalIgnoreCase));
        // The frame would have been taken, but for the rule.
        ids.Shell("nft delete table inet deaf-mon0");
        Traffic.SendFrame(server, "eth0", Convert.FromHexString(frame));
        Assert.Equal(1, socket.Receive(new byte[16]));
    }

    [Fact]
    public void Mirrors_OfTwoEnvironments_AreSeparate()
    {
        var (server, port) = Server();
        var (first, _) = _bench.Ids("web", "one", always: true);
        var (second, _) = _bench.Ids("web", "two");
        using var onPort = new Capture(_bench.Base, port.Interface);
        using var one = new Capture(first, "mon0");
        using var two = new Capture(second, "mon0");

        Exchange(server, bulk: false);
        _bench.Base.Run(() => _bench.Switch.DetachMirror("web", "two"));
        Exchange(server, bulk: false);

        AssertSame(onPort.Stop(), one.Stop(), port, inOrder: true, out _);
        Assert.Null(_bench.Base.Run(() => _bench.Switch.Read("web", "two")));
        Assert.NotNull(Quiet("one"));
    }

    [Fact]
    public void Mirror_AttachedFirst_MissesNoFrameOfItsServer()
    {
        var (ids, _) = _bench.Ids("web", "edge", always: true);
        using var capture = new Capture(ids, "mon0");

        var (server, port) = Server();
        Exchange(server, bulk: false);

        // The kernels of both ends speak when they like, also while the capture ends.
        var before = Quiet("edge");
        var frames = capture.Stop();
        var counters = Quiet("edge");
        Assert.InRange(frames.Count, before.Mirrored, counters.Mirrored);
        Assert.Equal(0, counters.Idle + counters.Dropped);
        Assert.Equal(LongOf(port.Interface, "rx_packets") + LongOf(port.Interface, "tx_packets"), counters.Mirrored);
    }

    [Fact]
    public void ServerVm_Restarted_IsMirroredFromItsFirstFrameThroughTheSameFlag()
    {
        var (first, _) = Server();
        var (ids, _) = _bench.Ids("web", "edge");
        using var flag = new BpfMap(_bench.Base.Run(() => _bench.Switch.OpenFlagMap("web", "edge")));
        first.Dispose();
        var deadline = Environment.TickCount64 + 10_000;
        while (_bench.Base.Run(() => Interfaces.IndexOf(_bench.Switch.PortOf("web"))) != 0 && Environment.TickCount64 < deadline)
            Thread.Sleep(5);
        flag.Write(0, 1u);
        var before = _bench.Read("web", "edge");
        using var capture = new Capture(ids, "mon0");

        var (second, port) = Server();
        Exchange(second, bulk: false);

        Assert.True(port.Created);
        var after = Quiet("edge");
        // Its kernel may say one thing more between the counting and the end of the capture; never less.
        Assert.InRange(capture.Stop().Count - (after.Mirrored - before.Mirrored), 0, 3);
        Assert.Equal(before.Idle, after.Idle);
    }

    [Fact]
    public void IdsVm_Restarted_LeavesNoFilterBehind()
    {
        var (server, port) = Server();
        var (first, _) = _bench.Ids("web", "edge");
        var filters = Filters(port);
        first.Dispose();

        var (_, again) = _bench.Ids("web", "edge", always: true);

        Assert.True(again.Created);
        // A pair of the mirror's, and the port's gate.
        Assert.Equal(4, filters);
        Assert.Equal(filters, Filters(port));
        Exchange(server, bulk: false);
        Assert.Equal(0, Quiet("edge").Dropped);
    }

    [Fact]
    public void AttachAgain_WhenEverythingIsRight_ChangesNothing()
    {
        var (server, _) = Server();
        var (ids, first) = _bench.Ids("web", "edge");
        var links = _bench.Base.Output("ip", "-br", "link");
        var programs = _bench.Base.Output("tc", "filter", "show", "dev", _bench.Switch.PortOf("web"), "egress");

        var port = _bench.Attach("web", server, 0, new PublishedPort(null, 8080, 80, "tcp"));
        var again = _bench.Base.Run(() => _bench.Switch.AttachMirror("web", "edge", ids.Pid, "mon0", FrameForm.Carried, false));

        Assert.False(port.Created);
        Assert.Equal(first with { Created = false }, again);
        Assert.Equal(Names(links), Names(_bench.Base.Output("ip", "-br", "link")));
        Assert.Equal(programs, _bench.Base.Output("tc", "filter", "show", "dev", _bench.Switch.PortOf("web"), "egress"));
    }

    private const int PortMtu = 1500;

    // Name and MAC; carrier comes a moment later.
    private static IEnumerable<string> Names(string links) => links.Split('\n').Where(l => l.Length > 0)
        .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(p => $"{p[0]} {p[2]}");

    private (FakeMachine Machine, ServerPort Port) Server() => _bench.Server("web", 0, new PublishedPort(null, 8080, 80, "tcp"));

    /// <summary>The counters once nothing moves; the identity must hold.</summary>
    private MirrorCounters Quiet(string environment)
    {
        MirrorCounters last;
        var next = _bench.Read("web", environment);
        do
        {
            last = next;
            Thread.Sleep(50);
            next = _bench.Read("web", environment);
        }
        while (last != next);
        Assert.Equal(last.Received + last.Sent, last.Mirrored + last.Dropped + last.Idle);
        return last;
    }

    private void Exchange(FakeMachine server, bool vlan = true, bool bulk = true)
    {
        Traffic.SendFrame(server, "eth0", Convert.FromHexString(Marker));
        Traffic.Mix(server, _bench.Client, vlan, bulk);
    }

    private static void AssertSame(IReadOnlyList<Frame> port, IReadOnlyList<Frame> ids, ServerPort server, bool inOrder, out IReadOnlyList<Frame> frames)
    {
        var mac = Convert.ToHexString(server.Addresses.MachineMac.GetAddressBytes());
        Assert.Equal(Ordered(From(port)), Ordered(From(ids)));
        Assert.Equal(Ordered(To(port)), Ordered(To(ids)));
        frames = ids;

        // Frames that two processors handle at the same moment have no order at the port either: a bulk sender's own process and
        // the acknowledgements that make its kernel go on. Everything else must come in order.
        IEnumerable<string> Ordered(IEnumerable<string> all) => inOrder ? all : all.Order(StringComparer.Ordinal);

        // The VM's kernel may have said something while one capture ran already and the other did not: both begin at the marker.
        // Its multicast reports come from a timer on any processor: beside the marker, they have no order.
        IEnumerable<string> From(IReadOnlyList<Frame> all) =>
            all.Where(f => (f.Source == mac && !f.Text.StartsWith(MulticastReports, StringComparison.Ordinal)) || f.Text == Marker).Select(f => f.Text).SkipWhile(f => f != Marker);

        IEnumerable<string> To(IReadOnlyList<Frame> all) => all.Where(f => f.Source != mac && f.Text != Marker).Select(f => f.Text);
    }

    private const string MulticastReports = "333300000016";
    private const string Marker = "FFFFFFFFFFFF0248000000FF" + "88B5" + "6D61726B6572";

    private int Filters(ServerPort port) => (_bench.Base.Output("tc", "filter", "show", "dev", port.Interface, "egress")
        + _bench.Base.Output("tc", "filter", "show", "dev", port.Interface, "ingress")).Split("direct-action").Length - 1;

    private long LongOf(string link, string statistic) => _bench.Base.Run(() =>
    {
        var fields = File.ReadLines("/proc/thread-self/net/dev").Single(l => l.Trim().StartsWith(link + ":", StringComparison.Ordinal))
            .Split((char[])[' ', ':'], StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(fields[statistic == "rx_packets" ? 2 : 10], System.Globalization.CultureInfo.InvariantCulture);
    });
}
