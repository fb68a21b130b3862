using System.Net.Sockets;
using System.Text;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>
/// Anything at all at the daemon's socket: it goes on, stays small, and nothing is half done afterwards. Few inputs in every run, many
/// for so long as FUZZ_MINUTES says (<c>make fuzz-daemon</c>); the seed is fixed.
/// </summary>
public sealed class ProtocolTests(ITestOutputHelper output) : IDisposable
{
    private const int FewInputs = 1500;
    private const long MostMemory = 256 * 1024;

    // Sites whose base is not there: they are understood, begun and taken back.
    private static readonly string[] s_seeds =
    [
        Request("PUT", "/site", """{"servers":{"web":{"machine":{"base":{"directory":"/nowhere"},"run":["/bin/true"]},"publish":[]}},"environments":{}}"""),
        Request("PUT", "/site", """{"servers":{},"environments":{"edge":{"machine":{"base":{"directory":"/nowhere"},"run":["x"]},"watch":[],"packs":[]}}}"""),
        Request("POST", "/packs", """{"packs":[],"base":{"directory":"/nowhere"}}"""),
        Request("DELETE", "/site?keep=true", ""),
        Request("GET", "/logs?machine=web&tail=3", ""),
        Request("GET", "/events?tail=-1", ""),
        Request("GET", "/exec?machine=%00%2e%2e%2f", ""),
        Request("GET", "/status", ""),
        "PUT /site HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"ser\r\n7fffffffffffffff\r\n",
        "PUT /site HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n{",
    ];

    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Socket_AnyBytes_TheDaemonGoesOnAndNothingIsHalfDone()
    {
        _host.StartDaemon();
        var pid = _host.DaemonPid!.Value;
        var random = new Random(20261124);
        var time = System.Environment.GetEnvironmentVariable("FUZZ_MINUTES") is { Length: > 0 } minutes
            ? TimeSpan.FromMinutes(double.Parse(minutes, System.Globalization.CultureInfo.InvariantCulture))
            : TimeSpan.Zero;
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var (inputs, answers) = (0, 0);
        for (; inputs < FewInputs || System.Diagnostics.Stopwatch.GetElapsedTime(started) < time; inputs++)
            answers += Send(Mutated(random));

        Assert.Equal(pid, _host.DaemonPid);
        Assert.True(_host.Hyperspector("ps").Status.Succeeded, _host.DaemonLog);
        Assert.InRange(Resident(pid), 1, MostMemory);
        output.WriteLine($"{inputs} inputs, {answers} answers, {Resident(pid)} KiB");
        Assert.True(answers > inputs / 10, $"only {answers} of {inputs} were answered: they do not reach the endpoints");
        Assert.Empty(_host.Ps());

        _host.Down();
        _host.StopDaemon();
        Assert.Equal("", string.Join('\n', _host.Leftovers()));
    }

    [Fact]
    public void Socket_BodyWithoutEnd_IsRefusedInBoundedMemory()
    {
        _host.StartDaemon();
        using var socket = Connect();
        _ = socket.Send("PUT /site HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"u8);
        var chunk = Encoding.ASCII.GetBytes("10000\r\n" + new string('[', 0x10000) + "\r\n");
        try
        {
            // 64 MiB, were it to take them.
            for (var i = 0; i < 1024; i++)
                _ = socket.Send(chunk);
        }
        catch (SocketException)
        {
            // Refused, as it should be.
        }

        Assert.InRange(Resident(_host.DaemonPid!.Value), 1, MostMemory);
        Assert.Empty(_host.Ps());
    }

    private static string Request(string method, string path, string body) =>
        $"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    private static byte[] Mutated(Random random)
    {
        var bytes = Encoding.Latin1.GetBytes(s_seeds[random.Next(s_seeds.Length)]).ToList();
        for (var edit = random.Next(5); edit > 0; edit--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 2 when bytes.Count > 1:
                    bytes.RemoveAt(at);
                    break;
                case 3 when at > 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 64))));
                    break;
            }
        }

        // Not the one request that is meant to end it.
        var text = Encoding.Latin1.GetString([.. bytes]);
        return text.Contains("/shutdown", StringComparison.OrdinalIgnoreCase) ? [] : [.. bytes];
    }

    /// <summary>1 if something came back.</summary>
    private int Send(byte[] bytes)
    {
        using var socket = Connect();
        try
        {
            _ = socket.Send(bytes);
            // One that has hung up gets no answer; what is cut off waits for the rest, and gets none otherwise.
            _ = socket.Poll(TimeSpan.FromMilliseconds(20), SelectMode.SelectRead);
            socket.Shutdown(SocketShutdown.Send);
            var answer = new byte[4096];
            var first = socket.Receive(answer);
            for (var count = first; count > 0;)
                count = socket.Receive(answer);
            return first > 0 ? 1 : 0;
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 60_000, SendTimeout = 60_000 };
        socket.Connect(new UnixDomainSocketEndPoint(_host.Paths.Socket));
        return socket;
    }

    private static long Resident(int pid) => long.Parse(
        File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
        System.Globalization.CultureInfo.InvariantCulture);
}
