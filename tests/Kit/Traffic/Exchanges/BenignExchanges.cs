using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace HyperSpector.Tests.Kit.Traffic.Exchanges;

/// <summary>What an ordinary visitor does. Must raise nothing.</summary>
internal static class BenignExchanges
{
    internal static IEnumerable<Exchange> All => Of(six: false).Concat(Of(six: true));

    private static IEnumerable<Exchange> Of(bool six)
    {
        var v = six ? "IPv6" : "IPv4";
        yield return Make($"HTTP page, {v}", six, (c, _) =>
            Check(c.Http(HttpText.Request("GET", "/")).Contains("It works", StringComparison.Ordinal)));
        yield return Make($"HTTP, three requests on one connection, {v}", six, (c, _) => c.Http(
            HttpText.Request("GET", "/", keep: true),
            HttpText.Request("GET", "/size/2000", keep: true),
            HttpText.Request("GET", "/size/100")));
        yield return Make($"HTTP download of 300 KiB, {v}", six, (c, _) =>
            Check(c.Http(HttpText.Request("GET", "/size/307200")).Length > 307200));
        yield return Make($"HTTP upload of 100 KiB, {v}", six, (c, _) =>
            Check(c.Http(HttpText.Request(
                "POST", "/form", ["Content-Type: application/octet-stream"], Enumerable.Repeat((byte)'u', 102400).ToArray()))
                .Contains("received 102400", StringComparison.Ordinal)));
        yield return Make($"HTTP chunked answer, {v}", six, (c, _) => c.Http(HttpText.Request("GET", "/chunked")));
        yield return Make($"HTTP compressed answer, {v}", six, (c, _) =>
            c.Http(HttpText.Request("GET", "/gzip", ["Accept-Encoding: gzip"])));
        yield return Make($"HTTP form, {v}", six, (c, _) => c.Http(HttpText.Request(
            "POST", "/form", ["Content-Type: application/x-www-form-urlencoded"], "name=Ada&topic=engines"u8.ToArray())));
        yield return Make($"HTTP page that is not there, {v}", six, (c, _) =>
            Check(c.Http(HttpText.Request("GET", "/nothing")).Contains("404", StringComparison.Ordinal)));
        yield return Make($"TLS 1.3, {v}", six, (c, t) => Tls(c, t, SslProtocols.Tls13, "www.example.test"));
        yield return Make($"TLS 1.2, {v}", six, (c, t) => Tls(c, t, SslProtocols.Tls12, "shop.example.test"));
        yield return Make($"DNS address over UDP, {v}", six, (c, t) =>
            c.Datagram(t.Ports.Dns, DnsText.Query(0x1001, "www.example.test", six ? 28 : 1)));
        yield return Make($"DNS address over TCP, {v}", six, (c, t) =>
            c.Talk(t.Ports.Dns, DnsText.OverTcp(DnsText.Query(0x1002, "www.example.test", 1)), answer: 2 + 12 + 22 + 16));
        yield return Make($"DNS answer of 4 KB over UDP (the server's fragments), {v}", six, (c, t) =>
            Check(c.Datagram(t.Ports.Dns, DnsText.Query(0x1003, "big36.example.test", 16))!.Length > 3900));
        yield return Make($"SSH banner, {v}", six, (c, t) =>
            c.Talk(t.Ports.Ssh, "SSH-2.0-OpenSSH_9.6\r\n"u8.ToArray(), greeting: 40));
        yield return Make($"echo over UDP, {v}", six, (c, t) => c.Datagram(t.Ports.Echo, "hello there"u8.ToArray()));
        yield return Make($"echo over TCP, {v}", six, (c, t) => c.Talk(t.Ports.Echo, "hello there"u8.ToArray(), answer: 11));
    }

    /// <summary>A handshake, a request within, its answer, an orderly end.</summary>
    internal static void Tls(Client client, TrafficTarget target, SslProtocols version, string name)
    {
        using var socket = client.Connect(target.Ports.Https);
        using var stream = new NetworkStream(socket);
        using var tls = new SslStream(stream);
        tls.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = version,
#pragma warning disable CA5359 // self-signed by the responder a moment ago; what is tested is what an onlooker sees
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
        });
        tls.Write(HttpText.Request("GET", "/"));
        var buffer = new byte[65536];
        var text = "";
        int count;
        while (!HttpText.IsWhole(text) && (count = tls.Read(buffer)) > 0)
            text += Encoding.Latin1.GetString(buffer, 0, count);
        Check(text.Contains("It works", StringComparison.Ordinal));
    }

    private static void Check(bool answered)
    {
        if (!answered)
            throw new IOException("the server did not answer as it must");
    }

    private static Exchange Make(string name, bool six, Action<Client, TrafficTarget> run) =>
        new(name, Intent.Benign, target => run(new Client(target, six, benign: true), target));
}
