using HyperSpector.Tests.Kit.Traffic.Raw;
using HyperSpector.Tests.Kit.Traffic.Wire;

namespace HyperSpector.Tests.Kit.Traffic.Exchanges;

/// <summary>Packets in pieces: honest ones, and ones that two readers may put together in two ways.</summary>
internal static class FragmentExchanges
{
    internal static IReadOnlyList<RawRow> Rows => [.. Both(six: false), .. Both(six: true), .. Four];

    private static RawRow[] Both(bool six) =>
    [
        new("datagram in fragments, echoed", six, Intent.Odd, (h, p) =>
        {
            h.SendPieces(Packets.Udp, Fragments.Cut(Datagram(h, p, 1000), 256));
            _ = h.ExpectUdp(7001);
        }),
        new("fragments in reverse, echoed", six, Intent.Odd, (h, p) =>
        {
            h.SendPieces(Packets.Udp, Fragments.Cut(Datagram(h, p, 1000), 256).Reverse());
            _ = h.ExpectUdp(7001);
        }),
        new("attack in fragments of a segment", six, Intent.Attack, (h, p) =>
        {
            var tcp = new RawTcp(h, 7002, p.Http);
            tcp.Connect();
            h.SendPieces(Packets.Tcp, Fragments.Cut(tcp.Build(HttpText.Request("GET", "/.git/config")), 32));
            tcp.ReceiveUntil(HttpText.IsWhole);
            tcp.Close();
        }, 8200003),
        new("attack in shuffled fragments of a segment", six, Intent.Attack, (h, p) =>
        {
            var tcp = new RawTcp(h, 7003, p.Http);
            tcp.Connect();
            var pieces = Fragments.Cut(tcp.Build(HttpText.Request("GET", "/leak/passwd")), 24);
            h.SendPieces(Packets.Tcp, pieces.Where((_, i) => i % 2 == 1).Concat(pieces.Where((_, i) => i % 2 == 0)));
            tcp.ReceiveUntil(HttpText.IsWhole);
            tcp.Close();
        }, 8200300),
        // Nothing answers: Linux drops a packet whose pieces overlap.
        new("fragments that overlap", six, Intent.Attack, (h, p) =>
        {
            var whole = Datagram(h, p, 600);
            h.SendPieces(Packets.Udp,
            [
                new Piece(0, whole[..256], More: true),
                new Piece(128, new byte[256], More: true),
                new Piece(256, whole[256..], More: false),
            ]);
        }, six ? 8200811 : 8200810),
        new("first fragments without end", six, Intent.Attack, (h, p) =>
        {
            for (var i = 0; i < 5; i++)
                h.SendPieces(Packets.Udp, [new Piece(0, Datagram(h, p, 600)[..256], More: true)]);
        }),
    ];

    private static RawRow[] Four =>
    [
        new("fragments beyond a packet's size", false, Intent.Attack, (h, p) => h.SendPieces(Packets.Udp,
        [
            new Piece(0, Datagram(h, p, 600)[..256], More: true),
            new Piece(65528, new byte[256], More: false),
        ]), 8200812),
        new("fragments of eight bytes", false, Intent.Odd, (h, p) =>
        {
            h.SendPieces(Packets.Udp, Fragments.Cut(Datagram(h, p, 100), 8));
            _ = h.ExpectUdp(7001);
        }),
        new("UDP with a bad checksum", false, Intent.Attack, (h, p) => h.SendUdp(7004, p.Echo, "wrong"u8, badChecksum: true), 8200823),
        new("UDP shorter than its header", false, Intent.Attack, (h, p) => h.SendUdp(7004, p.Echo, "wrong"u8, lengthLie: -9), 8200827),
    ];

    private static byte[] Datagram(RawHost host, ServicePorts ports, int size) => Packets.UdpDatagram(
        host.Address, host.Server, 7001, ports.Echo, [.. Enumerable.Range(0, size).Select(i => (byte)('a' + i % 26))]);
}
