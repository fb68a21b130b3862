using HyperSpector.Tests.Kit.Traffic.Raw;
using HyperSpector.Tests.Kit.Traffic.Wire;

namespace HyperSpector.Tests.Kit.Traffic.Exchanges;

/// <summary>Port scans by handmade segments. Last in the mix: what they leave half open disturbs nobody.</summary>
internal static class ScanExchanges
{
    internal static IReadOnlyList<RawRow> Rows => [.. Both(six: false), .. Both(six: true)];

    private static RawRow[] Both(bool six) =>
    [
        new("scan by SYN", six, Intent.Attack, (h, _) => Scan(h, TcpControl.Syn, 8300, 40), 8200704, 8200709),
        new("scan without flags", six, Intent.Attack, (h, _) => Scan(h, TcpControl.None, 8300, 5), 8200700),
        new("scan by FIN", six, Intent.Attack, (h, _) => Scan(h, TcpControl.Fin, 8300, 5), 8200701),
        new("scan by FIN, PSH and URG", six, Intent.Attack, (h, _) =>
            Scan(h, TcpControl.Fin | TcpControl.Push | TcpControl.Urgent, 8300, 5), 8200702),
        new("scan by SYN and FIN", six, Intent.Attack, (h, _) =>
            Scan(h, TcpControl.Syn | TcpControl.Fin, 8300, 5), 8200703),
        new("scan of an open port", six, Intent.Attack, (h, p) =>
        {
            h.SendTcp(new TcpFields(40001, p.Http, 1, 0, TcpControl.Syn));
            _ = h.Expect("SYN-ACK", q => q.IsTcp && q.DestinationPort == 40001);
            h.SendTcp(new TcpFields(40001, p.Http, 2, 0, TcpControl.Reset));
        }),
        new("SYN to a database's port", six, Intent.Attack, (h, _) => Scan(h, TcpControl.Syn, 6379, 1), 8200707),
        new("SYN with data", six, Intent.Attack, (h, p) =>
        {
            h.SendTcp(new TcpFields(40002, p.Http, 1, 0, TcpControl.Syn), "GET / HTTP/1.0\r\n\r\n"u8);
            _ = h.Expect("SYN-ACK", q => q.IsTcp && q.DestinationPort == 40002);
            h.SendTcp(new TcpFields(40002, p.Http, 2, 0, TcpControl.Reset));
        }, 8200708),
        // The kernel answers a few closed ports a second and no more (icmp_ratelimit), so no answer is awaited.
        new("scan by UDP", six, Intent.Attack, (h, _) =>
        {
            for (var i = 0; i < 25; i++)
                h.SendUdp(40003, 9000 + i, "?"u8);
        }, 8200705),
    ];

    private static void Scan(RawHost host, TcpControl flags, int first, int count)
    {
        for (var port = first; port < first + count; port++)
        {
            host.SendTcp(new TcpFields(40000, port, 77, 0, flags));
            _ = host.Expect($"a reset from port {port}", p => p.IsTcp && p.SourcePort == port);
        }
    }
}
