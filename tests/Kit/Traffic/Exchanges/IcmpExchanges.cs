using System.Text;
using HyperSpector.Tests.Kit.Traffic.Raw;
using HyperSpector.Tests.Kit.Traffic.Wire;

namespace HyperSpector.Tests.Kit.Traffic.Exchanges;

/// <summary>ICMP, IP options and IPv6 extension headers.</summary>
internal static class IcmpExchanges
{
    private const byte EchoReply = 0, Redirect = 5, Echo = 8, Timestamp = 13, TimestampReply = 14, Echo6 = 128, EchoReply6 = 129;
    private static readonly byte[] Text = Encoding.ASCII.GetBytes("abcdefghijklmnopqrstuvwabcdefghijklmnopqrstuvwabcdefghij");
    private static readonly byte[] PadN = [1, 4, 0, 0, 0, 0];

    internal static IReadOnlyList<RawRow> Rows =>
    [
        new("ping", false, Intent.Odd, (h, _) => Ping(h, 1, Text)),
        new("ping", true, Intent.Odd, (h, _) => Ping(h, 1, Text)),
        new("ping of 1200 bytes", false, Intent.Attack, (h, _) => Ping(h, 1, new byte[1200]), 8200800),
        new("ping with a shell's words", false, Intent.Attack, (h, _) => Ping(h, 1, "uid=0 /bin/sh -i"u8.ToArray()), 8200803),
        new("ping with a shell's words", true, Intent.Attack, (h, _) => Ping(h, 1, "uid=0 /bin/sh -i"u8.ToArray()), 8200805),
        new("ping, 25 times", false, Intent.Attack, (h, _) =>
        {
            for (ushort i = 0; i < 25; i++)
                Ping(h, i, Text);
        }, 8200804),
        new("ICMP timestamp", false, Intent.Attack, (h, p) =>
        {
            h.SendIcmp(Timestamp, 0, Packets.Echo(9, 1, new byte[12]));
            _ = h.ExpectIcmp(TimestampReply);
        }, 8200802),
        new("ICMP redirect", false, Intent.Attack, (h, _) =>
            h.SendIcmp(Redirect, 1, [.. h.Address.GetAddressBytes(), .. Quoted(h)]), 8200801),
        new("ICMP of an unknown type", false, Intent.Attack, (h, _) => h.SendIcmp(77, 0, new byte[8]), 8200828),

        new("record route", false, Intent.Attack, (h, _) =>
            h.Send(Packets.Icmp, Message(h, Text), new IpFields { Options = [7, 7, 4, 0, 0, 0, 0, 0] }), 8200815),
        new("loose source route", false, Intent.Attack, (h, _) =>
            h.Send(Packets.Icmp, Message(h, Text), new IpFields { Options = [131, 7, 4, 203, 0, 113, 9, 0] }), 8200814),
        new("IP option longer than the header", false, Intent.Attack, (h, _) =>
            h.Send(Packets.Icmp, Message(h, Text), new IpFields { Options = [7, 39, 4, 0] }), 8200813),
        new("IP packet shorter than it says", false, Intent.Attack, (h, _) =>
            h.Send(Packets.Icmp, Message(h, Text), new IpFields { LengthLie = 40 }), 8200821),

        new("hop-by-hop of padding", true, Intent.Attack, (h, _) =>
            Ping6(h, Packets.HopByHop, Packets.Extension(Packets.Icmp6, PadN)), 8200819),
        new("three destination option headers", true, Intent.Attack, (h, _) => Ping6(
            h, Packets.DestinationOptions,
            [
                .. Packets.Extension(Packets.DestinationOptions, PadN), .. Packets.Extension(Packets.DestinationOptions, PadN),
                .. Packets.Extension(Packets.Icmp6, PadN),
            ]), 8200818),
        new("routing header of type 0", true, Intent.Attack, (h, _) => h.Send(
            Packets.Routing, [Packets.Icmp6, 2, 0, 0, 0, 0, 0, 0, .. h.Server.GetAddressBytes(), .. Message(h, Text)]), 8200816),
        new("fragment header on a whole packet", true, Intent.Attack, (h, p) =>
        {
            h.SendPieces(Packets.Icmp6, [new Piece(0, Message(h, Text), More: false)]);
            _ = h.ExpectIcmp(EchoReply6);
        }, 8200817),
        new("unknown next header", true, Intent.Attack, (h, _) => h.Send(201, Text), 8200820),
    ];

    private static void Ping(RawHost host, ushort sequence, byte[] data)
    {
        host.SendIcmp(host.Six ? Echo6 : Echo, 0, Packets.Echo(0x4242, sequence, data));
        _ = host.ExpectIcmp(host.Six ? EchoReply6 : EchoReply);
    }

    private static void Ping6(RawHost host, byte first, byte[] extensions)
    {
        host.Send(first, [.. extensions, .. Message(host, Text)]);
        _ = host.ExpectIcmp(EchoReply6);
    }

    private static byte[] Message(RawHost host, byte[] data) => Packets.IcmpMessage(
        host.Address, host.Server, host.Six ? Echo6 : Echo, 0, Packets.Echo(0x4242, 1, data));

    // What a router would quote: the header and eight bytes of a packet that the server sent.
    private static byte[] Quoted(RawHost host) => Packets.Ip(host.Server, host.Address, Packets.Udp, new byte[8]);
}
