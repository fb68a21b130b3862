using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace HyperSpector.Tests.Kit.Daemon;

/// <summary>One answer, as it is written.</summary>
public sealed class FakeResponse(NetworkStream stream, CancellationToken closing)
{
    private bool _begun;

    /// <summary>The connection is closed in the middle of the answer.</summary>
    public bool IsTorn { get; private set; }

    /// <summary>A whole body at once.</summary>
    public Task WholeAsync(string body, int status = 200) => WriteAsync(
        $"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>Some bytes of a stream.</summary>
    public Task ChunkAsync(string text) => ChunkAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Some bytes of a stream.</summary>
    public async Task ChunkAsync(byte[] bytes)
    {
        await BeginAsync();
        await WriteAsync(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
        await stream.WriteAsync(bytes, closing);
        await WriteAsync("\r\n");
    }

    /// <summary>The proper end of a stream.</summary>
    public async Task EndAsync()
    {
        await BeginAsync();
        await WriteAsync("0\r\n\r\n");
    }

    /// <summary>The daemon dies here.</summary>
    public void Tear() => IsTorn = true;

    /// <summary>Waits until the client has closed the connection.</summary>
    public async Task ClientGoneAsync()
    {
        try
        {
            // A client that sends more on this connection is none of ours.
            while (await stream.ReadAsync(new byte[1], closing) > 0)
                continue;
        }
        catch (IOException)
        {
            // Reset, because it had not read everything: gone as well.
        }
    }

    private async Task BeginAsync()
    {
        if (_begun)
            return;
        _begun = true;
        await WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/jsonl\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    private async Task WriteAsync(string text) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text), closing);
}
