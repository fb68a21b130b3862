using System.Net.Sockets;
using System.Text;
using HyperSpector.Engine.Hosts;

namespace HyperSpector.Tests.Kit.Daemon;

/// <summary>A request that a <see cref="FakeDaemon"/> got.</summary>
public sealed record FakeRequest(string Method, string Target, string Body);

/// <summary>
/// Answers on a daemon's socket what a test says, in HTTP/1.1 written by hand: also wrongly, slowly, or not to the end.
/// </summary>
public sealed class FakeDaemon : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _closing = new();
    private readonly string _socket;

    // Guards _answers and _requests.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Func<FakeRequest, FakeResponse, Task>> _answers = [];
    private readonly List<FakeRequest> _requests = [];

    /// <summary>Listens on the socket of a host.</summary>
    public FakeDaemon(HostPaths paths)
    {
        _ = Directory.CreateDirectory(paths.Run);
        _socket = paths.Socket;
        _listener.Bind(new UnixDomainSocketEndPoint(_socket));
        _listener.Listen(16);
        _ = AcceptAsync();
    }

    /// <summary>All requests so far.</summary>
    public IReadOnlyList<FakeRequest> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    /// <summary>Answers <c>GET /machines</c>, or with a query <c>GET /logs?machine=web</c>, with a whole body.</summary>
    public void Answer(string request, string body, int status = 200) => On(request, (_, response) => response.WholeAsync(body, status));

    /// <summary>Answers with a stream of lines, ended properly.</summary>
    public void Lines(string request, params string[] lines) => On(request, async (_, response) =>
    {
        foreach (var line in lines)
            await response.ChunkAsync(line + "\n");
        await response.EndAsync();
    });

    /// <summary>Answers as the test likes. A request without an answer of its own is taken for one without its query.</summary>
    public void On(string request, Func<FakeRequest, FakeResponse, Task> answer)
    {
        lock (_lock)
            _answers[request] = answer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _closing.Cancel();
        _listener.Dispose();
        File.Delete(_socket);
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptAsync(_closing.Token));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            while (await ReadAsync(stream) is { } request)
            {
                Func<FakeRequest, FakeResponse, Task>? answer;
                lock (_lock)
                {
                    _requests.Add(request);
                    var exact = $"{request.Method} {request.Target}";
                    answer = _answers.GetValueOrDefault(exact) ?? _answers.GetValueOrDefault(exact.Split('?')[0]);
                }

                var response = new FakeResponse(stream, _closing.Token);
                await (answer is null ? response.WholeAsync("{\"error\":\"the test has no answer to this\"}", 500) : answer(request, response));
                if (response.IsTorn)
                    return;
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has gone.
        }
    }

    private async Task<FakeRequest?> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _closing.Token) == 0)
                return null;
            _ = head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n");
        var words = lines[0].Split(' ');
        var length = lines.FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        var body = new byte[length is null ? 0 : int.Parse(length[15..], System.Globalization.CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _closing.Token);
        return new FakeRequest(words[0], words[1], Encoding.UTF8.GetString(body));
    }
}
