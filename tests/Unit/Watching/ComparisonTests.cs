using System.Net;
using HyperSpector.Tests.Kit.Traffic;
using HyperSpector.Tests.Kit.Traffic.Wire;
using HyperSpector.Tests.Kit.Watching;
using Xunit;

namespace HyperSpector.Tests.Unit.Watching;

/// <summary>The tests' own judges must be able to say no.</summary>
public sealed class ComparisonTests
{
    private static readonly byte[] Server = [2, 0, 0, 0, 0, 2], Client = [2, 0, 0, 0, 0, 1];
    private static readonly IPAddress Source4 = IPAddress.Parse("192.0.2.1"), Destination4 = IPAddress.Parse("192.0.2.2");
    private static readonly IPAddress Source6 = IPAddress.Parse("2001:db8::1"), Destination6 = IPAddress.Parse("2001:db8::2");

    [Fact]
    public void Frames_InAnotherOrder_Differ()
    {
        var (a, b) = (Frame("one"), Frame("two"));
        Assert.Empty(FrameComparison.Differences([a, b], [a, b], "to"));
        Assert.Equal(2, FrameComparison.Differences([a, b], [b, a], "to").Count);
        Assert.NotEmpty(FrameComparison.Differences([a, b], [a], "to"));
    }

    [Fact]
    public void Window_TakesOneDirectionBetweenTheMarkers()
    {
        var frames = new[] { Frame("before"), Frame("begin"), Frame("x", fromServer: true), Frame("y"), Frame("end"), Frame("after") };
        var window = FrameComparison.Window(frames, Server, fromServer: false, "begin"u8.ToArray(), "end"u8.ToArray());
        Assert.Equal([frames[1], frames[3], frames[4]], window);
        Assert.Throws<InvalidDataException>(
            () => FrameComparison.Window(frames, Server, fromServer: true, "begin"u8.ToArray(), "end"u8.ToArray()));
    }

    [Fact]
    public void Alerts_ThatDifferInOneCounter_Differ()
    {
        var here = EveFile.Parse("""
            {"timestamp":"1","flow_id":1,"in_iface":"a","event_type":"alert","alert":{"signature_id":7},"flow":{"pkts_toserver":3,"start":"1"}}
            {"event_type":"stats","stats":{"capture":{"kernel_packets":9,"kernel_drops":2}}}

            """);
        var same = EveFile.Parse("""
            {"event_type":"alert","flow":{"start":"2","pkts_toserver":3},"alert":{"signature_id":7},"timestamp":"2","flow_id":2,"in_iface":"b"}

            """);
        var other = EveFile.Parse("""
            {"event_type":"alert","flow":{"start":"2","pkts_toserver":4},"alert":{"signature_id":7}}

            """);
        Assert.Empty(AlertComparison.Differences(here.Alerts, same.Alerts));
        Assert.Equal(2, AlertComparison.Differences(here.Alerts, other.Alerts).Count);
        Assert.Single(AlertComparison.Differences(here.Alerts, [.. same.Alerts, .. same.Alerts]));
        Assert.Equal((9, 2), here.Captured);
    }

    [Fact]
    public void Eve_LineBeingWritten_IsLeftOut() =>
        Assert.Single(EveFile.Parse("{\"event_type\":\"stats\"}\n{\"event_ty").Records);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wire_GoodFrame_HasNoProblem(bool six)
    {
        Assert.Null(WireCheck.Problem(Tcp(six, bad: false), 1500));
        Assert.Null(WireCheck.Problem(Udp(six, bad: false), 1500));
        Assert.Null(WireCheck.Problem(Ping(six), 1500));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wire_BadChecksum_IsFoundAndTellsForgedFromUnfinished(bool six)
    {
        var forged = Tcp(six, bad: true);
        Assert.Contains("TCP", WireCheck.Problem(forged, 1500), StringComparison.Ordinal);
        Assert.Contains("UDP", WireCheck.Problem(Udp(six, bad: true), 1500), StringComparison.Ordinal);
        Assert.True(Forged.IsOnPurpose(new CapturedFrame(forged, forged.Length, 0)));

        // What a checksum left to a network card looks like: only the pseudo header's sum is in the field.
        var unfinished = Tcp(six, bad: false);
        var at = six ? 54 + 16 : 34 + 16;
        unfinished[at] ^= 0x5a;
        Assert.NotNull(WireCheck.Problem(unfinished, 1500));
        Assert.False(Forged.IsOnPurpose(new CapturedFrame(unfinished, unfinished.Length, 0)));
    }

    [Fact]
    public void Wire_FrameBeyondTheMtu_IsFound()
    {
        var fits = Packets.Frame(Server, Client, Packets.Ip(Source4, Destination4, Packets.Udp,
            Packets.UdpDatagram(Source4, Destination4, 1, 2, new byte[1472])));
        Assert.Null(WireCheck.Problem(fits, 1500));
        Assert.NotNull(WireCheck.Problem([.. fits, 0], 1500));
    }

    [Fact]
    public void Mix_HasFortyExchangesAndNamesThemOnce()
    {
        Assert.True(Mix.All.Count >= 40);
        Assert.Equal(Mix.All.Count, Mix.All.Select(e => e.Name).Distinct().Count());
    }

    private static CapturedFrame Frame(string text, bool fromServer = false)
    {
        byte[] bytes = [.. fromServer ? Client : Server, .. fromServer ? Server : Client, 8, 0, .. System.Text.Encoding.ASCII.GetBytes(text)];
        return new CapturedFrame(bytes, bytes.Length, 0);
    }

    private static byte[] Tcp(bool six, bool bad) => Around(six, Packets.Tcp, (s, d) =>
        Packets.TcpSegment(s, d, new TcpFields(1000, 80, 1, 2, TcpControl.Ack) { BadChecksum = bad }, "odd"u8));

    private static byte[] Udp(bool six, bool bad) => Around(six, Packets.Udp, (s, d) => Packets.UdpDatagram(s, d, 1000, 53, "query"u8, bad));

    private static byte[] Ping(bool six) => Around(six, six ? Packets.Icmp6 : Packets.Icmp, (s, d) =>
        Packets.IcmpMessage(s, d, six ? (byte)128 : (byte)8, 0, Packets.Echo(1, 1, "abc"u8)));

    private static byte[] Around(bool six, byte protocol, Func<IPAddress, IPAddress, byte[]> make)
    {
        var (source, destination) = six ? (Source6, Destination6) : (Source4, Destination4);
        return Packets.Frame(Server, Client, Packets.Ip(source, destination, protocol, make(source, destination)));
    }
}
