using System.Security.Authentication;
using System.Text;

namespace HyperSpector.Tests.Kit.Traffic.Exchanges;

/// <summary>Attacks and oddities on SSH, TLS and DNS, by ordinary sockets.</summary>
internal static class ServiceAttacks
{
    private static readonly string RandomLabel = new([.. Enumerable.Range(0, 52).Select(i => (char)('a' + i * 7 % 26))]);

    internal static IReadOnlyList<Exchange> All =>
    [
        Ssh("SSH client libssh", false, "SSH-2.0-libssh_0.9.6\r\n", 8200400),
        Ssh("SSH protocol 1", true, "SSH-1.5-Granddad_1.0\r\n", 8200401),
        Ssh("SSH banner without end", false, "SSH-2.0-" + new string('x', 600) + "\r\n", 8200404),
        Attack("SSH, HTTP spoken to it", true, (c, t) => c.Talk(t.Ports.Ssh, "GET / HTTP/1.0\r\n\r\n"u8.ToArray(), greeting: 40), 8200405),
        Attack("SSH, eight connections", false, (c, t) =>
        {
            for (var i = 0; i < 8; i++)
                _ = c.Talk(t.Ports.Ssh, Encoding.ASCII.GetBytes($"SSH-2.0-PuTTY_Release_0.7{i}\r\n"), greeting: 40);
        }, 8200402),

        Attack("TLS 1.0 hello", false, (c, t) => Hello(c, t, TlsText.ClientHello(0x0301, "www.example.test"), refused: true), 8200500),
        Attack("TLS hello to an address as name", true, (c, t) => Hello(c, t, TlsText.ClientHello(0x0303, "203.0.113.77")), 8200502),
        Attack("TLS to a name of random letters", false, (c, t) => BenignExchanges.Tls(c, t, SslProtocols.Tls12, $"{RandomLabel}.example.test"), 8200502),
        Attack("TLS to an onion name", true, (c, t) => BenignExchanges.Tls(c, t, SslProtocols.Tls12, "expyuzz4wqqyqhjn.onion"), 8200503),
        Attack("TLS heartbeat that asks too much", false, (c, t) => Hello(
            c, t, [.. TlsText.ClientHello(0x0302, "www.example.test"), 0x18, 0x03, 0x02, 0x00, 0x03, 0x01, 0x40, 0x00], refused: true), 8200504),

        Attack("DNS zone transfer", false, (c, t) => c.Talk(t.Ports.Dns, DnsText.OverTcp(DnsText.Query(0x2001, "example.test", 252)), answer: 2 + 12 + 18), 8200600),
        Dns("DNS label of random letters", true, DnsText.Query(0x2002, $"{RandomLabel}.t.example.test", 1), 8200601),
        Dns("DNS long name", false, DnsText.Query(0x2003, $"{RandomLabel[..45]}.{RandomLabel[..44]}.{RandomLabel[..43]}.t.example.test", 1), 8200602),
        Dns("DNS server's version", true, DnsText.Query(0x2004, "version.bind", 16, @class: 3), 8200603),
        Dns("DNS any", false, DnsText.Query(0x2005, "example.test", 255), 8200604),
        Attack("DNS texts, twelve", true, (c, t) =>
        {
            for (var i = 0; i < 12; i++)
                _ = c.Datagram(t.Ports.Dns, DnsText.Query((ushort)(0x2100 + i), $"part{i}.t.example.test", 16));
        }, 8200605),
        Dns("DNS reserved flag", false, DnsText.Query(0x2006, "www.example.test", 1, flags: 0x0140), 8200607),
        Attack("DNS message that does not parse", true, (c, t) =>
            c.Datagram(t.Ports.Dns, [.. DnsText.Query(0x2007, "www.example.test", 1)[..14], 0xff, 0xff, 0xff, 0xff, 1, 2, 3], answered: false)),
    ];

    // A version that the server refuses makes it close; else it answers, and we have seen enough.
    private static void Hello(Client client, TrafficTarget target, byte[] data, bool refused = false) =>
        _ = client.Talk(target.Ports.Https, data, answer: refused ? 0 : 1, serverCloses: refused);

    private static Exchange Ssh(string name, bool six, string banner, params int[] raises) => Attack(
        name, six, (c, t) => c.Talk(t.Ports.Ssh, Encoding.Latin1.GetBytes(banner), greeting: 40), raises);

    private static Exchange Dns(string name, bool six, byte[] query, params int[] raises) =>
        Attack(name, six, (c, t) => c.Datagram(t.Ports.Dns, query), raises);

    private static Exchange Attack(string name, bool six, Action<Client, TrafficTarget> run, params int[] raises) =>
        new($"{name}, {(six ? "IPv6" : "IPv4")}", Intent.Attack, target => run(new Client(target, six, benign: false), target)) { Raises = raises };
}
