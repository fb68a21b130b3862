using System.Text;
using HyperSpector.Tests.Kit.Traffic.Raw;
using HyperSpector.Tests.Kit.Traffic.Wire;

namespace HyperSpector.Tests.Kit.Traffic.Exchanges;

/// <summary>
/// TCP streams that no ordinary stack would send: out of order, overlapping, contradicting themselves. After each segment we hear the
/// server out: what both sides do at once, two onlookers may see in either order, and an alert counts the frames before it.
/// </summary>
internal static class SegmentExchanges
{
    private static readonly byte[] Attack = HttpText.Request("GET", "/app/.env");
    private static readonly byte[] Other = Encoding.ASCII.GetBytes(new string('z', 40));

    internal static IReadOnlyList<RawRow> Rows => [.. Both(six: false), .. Both(six: true), .. Four];

    private static RawRow[] Both(bool six) =>
    [
        Stream("page by handmade TCP", six, Intent.Odd, tcp => tcp.Send(HttpText.Request("GET", "/"))),
        Stream("download by handmade TCP", six, Intent.Odd, tcp => tcp.Send(HttpText.Request("GET", "/size/40000"))),
        Stream("attack, segments out of order", six, Intent.Attack, tcp =>
        {
            tcp.SendAt(20, Attack.AsSpan(20));
            tcp.ExpectComplaint();
            tcp.SendAt(0, Attack.AsSpan(0, 20));
            tcp.SentUpTo(Attack.Length);
        }, 8200004),
        Stream("attack, segments of one byte", six, Intent.Attack, tcp =>
        {
            // The request line in single bytes, the rest at once.
            for (var at = 0; at < 25; at++)
            {
                tcp.Send([Attack[at]]);
                tcp.ExpectAcknowledge();
            }

            tcp.Send(Attack.AsSpan(25));
        }, 8200004),
        Stream("attack, segments backwards", six, Intent.Attack, tcp =>
        {
            for (var at = Attack.Length / 10 * 10; at >= 0; at -= 10)
            {
                tcp.SendAt(at, Attack.AsSpan(at, Math.Min(10, Attack.Length - at)));
                if (at > 0)
                    tcp.ExpectComplaint();
            }

            tcp.SentUpTo(Attack.Length);
        }, 8200004),
        Stream("attack, overlapping segments that agree", six, Intent.Attack, tcp =>
        {
            tcp.SendAt(0, Attack.AsSpan(0, 30));
            tcp.SentUpTo(30);
            tcp.ExpectAcknowledge();
            tcp.SendAt(10, Attack.AsSpan(10, 40));
            tcp.SentUpTo(50);
            tcp.ExpectAcknowledge();
            tcp.SendAt(40, Attack.AsSpan(40));
            tcp.SentUpTo(Attack.Length);
        }, 8200004),
        // Linux keeps what came first; the later contradiction would hide the attack from a reader that does not.
        Stream("attack, overlapping segments that differ", six, Intent.Attack, tcp =>
        {
            tcp.SendAt(20, Attack.AsSpan(20, 40));
            tcp.ExpectComplaint();
            tcp.SendAt(25, Other.AsSpan(0, 30));
            tcp.ExpectComplaint();
            tcp.SendAt(0, Attack.AsSpan(0, 20));
            tcp.SentUpTo(60);
            tcp.ExpectAcknowledge();
            tcp.SendAt(60, Attack.AsSpan(60));
            tcp.SentUpTo(Attack.Length);
        }, 8200900),
        Stream("attack, sent again with other content", six, Intent.Attack, tcp =>
        {
            tcp.Send(Attack.AsSpan(0, 40));
            tcp.ExpectAcknowledge();
            tcp.SendAt(0, Other);
            tcp.ExpectComplaint();
            tcp.Send(Attack.AsSpan(40));
        }, 8200004),
        Stream("attack, a bad checksum before the truth", six, Intent.Attack, tcp =>
        {
            tcp.SendAt(0, Other, badChecksum: true);
            tcp.Send(Attack);
        }, six ? 8200824 : 8200822, 8200004),
        Stream("attack, then an echo that dies one hop on", six, Intent.Attack, tcp =>
        {
            tcp.Send(Attack.AsSpan(0, 40));
            tcp.ExpectAcknowledge();
            tcp.SendAt(0, Attack.AsSpan(0, 40), ttl: 1);
            tcp.ExpectComplaint();
            tcp.Send(Attack.AsSpan(40));
        }, 8200825),
    ];

    private static RawRow[] Four =>
    [
        Stream("SYN again in an open stream", false, Intent.Attack, tcp =>
        {
            tcp.Segment(TcpControl.Syn, tcp.Next + 100_000, []);
            tcp.ExpectComplaint();
            tcp.Send(HttpText.Request("GET", "/"));
        }, 8200901),
        Stream("segment far outside the window", false, Intent.Attack, tcp =>
        {
            tcp.Segment(TcpControl.Ack | TcpControl.Push, tcp.Next + 10_000_000, Other);
            tcp.ExpectComplaint();
            tcp.Send(HttpText.Request("GET", "/"));
        }, 8200902),
        Stream("reset that does not fit", false, Intent.Attack, tcp =>
        {
            tcp.Segment(TcpControl.Reset, tcp.Next + 5_000_000, []);
            tcp.Send(HttpText.Request("GET", "/"));
        }),
        Stream("FIN far outside the window", false, Intent.Attack, tcp =>
        {
            tcp.Segment(TcpControl.Fin | TcpControl.Ack, tcp.Next + 10_000_000, []);
            tcp.ExpectComplaint();
            tcp.Send(HttpText.Request("GET", "/"));
        }, 8200904),
        Stream("acknowledges what was never sent", false, Intent.Attack, tcp =>
        {
            tcp.Segment(TcpControl.Ack, tcp.Next, [], acknowledge: tcp.Acknowledged + 5_000_000);
            tcp.ExpectComplaint();
            tcp.Send(HttpText.Request("GET", "/"));
        }, 8200906),
        Stream("urgent data", false, Intent.Attack, tcp =>
        {
            tcp.Segment(TcpControl.Ack | TcpControl.Urgent | TcpControl.Push, tcp.Next, "!"u8, urgent: 1);
            tcp.SentUpTo(1);
            tcp.ExpectAcknowledge();
            tcp.Send(HttpText.Request("GET", "/"));
        }, 8200907),
        new("stream that is reset", false, Intent.Odd, (h, p) =>
        {
            var tcp = new RawTcp(h, 7101, p.Http);
            tcp.Connect();
            tcp.Send("GET / HT"u8);
            tcp.ExpectAcknowledge();
            tcp.Reset();
        }),
    ];

    // Opens, speaks, hears the answer out, closes.
    private static RawRow Stream(string name, bool six, Intent intent, Action<RawTcp> speak, params int[] raises) =>
        new(name, six, intent, (host, ports) =>
        {
            var tcp = new RawTcp(host, 7100, ports.Http);
            tcp.Connect();
            speak(tcp);
            tcp.ReceiveUntil(HttpText.IsWhole);
            tcp.Close();
        }, raises);
}
