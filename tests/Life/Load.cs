using System.Globalization;
using System.Text.RegularExpressions;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>
/// Traffic to the site of <see cref="Sites.Counting"/>: requests that must all be answered, and numbered datagrams that must all be
/// captured in the IDS VM, each once.
/// </summary>
internal sealed partial class Load : IDisposable
{
    private readonly TestHost _host;
    private readonly Background _requests;
    private readonly Background _datagrams;

    internal Load(TestHost host)
    {
        _host = host;
        _requests = host.StartInClient("/usr/bin/python3", "-u", "-c", Requests);
        _datagrams = host.StartInClient("/usr/bin/python3", "-u", "-c", Datagrams);
        _datagrams.WaitFor("started");
    }

    /// <summary>Ends it.</summary>
    internal void Stop()
    {
        _datagrams.Stop();
        _requests.Stop();
    }

    internal void AssertServed()
    {
        Assert.DoesNotContain("FAILED", _requests.Output, StringComparison.Ordinal);
        Assert.Contains("200", _requests.Output, StringComparison.Ordinal);
    }

    /// <summary>Every datagram that was sent is in the capture, in order: from the first captured to the last sent.</summary>
    internal void AssertAllFramesCaptured()
    {
        // The sender may have been ended between sending and saying so.
        var sent = Numbers(_datagrams.Output).Max();
        var captured = new List<int>();
        for (var attempt = 0; attempt < 600; attempt++)
        {
            captured = Captured();
            if (captured.Count > 0 && captured[^1] >= sent)
                break;
            Thread.Sleep(100);
        }

        Assert.True(captured.Count >= sent * 9 / 10, $"{captured.Count} of {sent} datagrams were captured");
        Assert.InRange(captured[^1], sent, sent + 1);
        Assert.Equal(Enumerable.Range(captured[0], captured.Count), captured);
    }

    public void Dispose()
    {
        _datagrams.Dispose();
        _requests.Dispose();
    }

    // Every datagram is seen once: it goes one way only (the server answers with ICMP, which is not captured).
    private List<int> Captured()
    {
        var capture = Directory.GetFiles($"{_host.Paths.MachineState("edge")}/outputs", "frames.pcap", SearchOption.AllDirectories).Single();
        using var file = new FileStream(capture, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return Numbers(System.Text.Encoding.Latin1.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }

    private static List<int> Numbers(string text) =>
        [.. Number().Matches(text).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex("datagram ([0-9]{8})!")]
    private static partial Regex Number();

    private const string Requests = """
        import http.client, time
        while True:
            try:
                c = http.client.HTTPConnection("192.0.2.1", 8080, timeout=30)
                c.request("GET", "/"); print(c.getresponse().status); c.close()
            except Exception as e:
                print("FAILED", e)
            time.sleep(0.02)
        """;

    private const string Datagrams = """
        import socket, time
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        print("started")
        n = 0
        while True:
            n += 1
            s.sendto(b"datagram %08d!" % n, ("192.0.2.1", 9999))
            print("datagram %08d!" % n)
            time.sleep(0.002)
        """;
}
