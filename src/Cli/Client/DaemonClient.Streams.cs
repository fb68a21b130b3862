using System.Buffers;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace HyperSpector.Cli.Client;

// Streams of JSON lines, as they come.
internal sealed partial class DaemonClient
{
    // A log line is cut at 64 KiB, an IDS's record is bounded by the reader; far above both.
    private const int LineLimit = 32 * 1024 * 1024;

    /// <summary>The lines that a request is answered with, each without its line end. Ends when the daemon ends the answer.</summary>
    internal async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(
        HttpMethod method, string route, HttpContent? content, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, route) { Content = content };
        using var response = await SendAsync(request, cancellation);
        var body = PipeReader.Create(await response.Content.ReadAsStreamAsync(cancellation));
        try
        {
            while (true)
            {
                var result = await NextAsync(body, cancellation);
                var buffer = result.Buffer;
                while (buffer.PositionOf((byte)'\n') is { } end)
                {
                    var line = buffer.Slice(0, end).ToArray();
                    buffer = buffer.Slice(buffer.GetPosition(1, end));
                    if (line.Length > 0)
                        yield return line;
                }

                if (buffer.Length > LineLimit)
                    throw new CliException($"hyperspectord sent a line of more than {LineLimit} bytes");
                if (result.IsCompleted)
                {
                    if (buffer.Length > 0)
                        yield return buffer.ToArray();
                    yield break;
                }

                body.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            await body.CompleteAsync();
        }
    }

    /// <summary>The same, each line as an object. A line that is none ends the enumeration with an exception.</summary>
    internal async IAsyncEnumerable<T> ObjectsAsync<T>(
        HttpMethod method,
        string route,
        HttpContent? content,
        JsonTypeInfo<T> type,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var line in LinesAsync(method, route, content, cancellation))
            yield return Parse(line, type);
    }

    /// <summary>A request body.</summary>
    internal static HttpContent Body<T>(T value, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    /// <summary>A line as an object.</summary>
    internal static T Parse<T>(ReadOnlyMemory<byte> line, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(line.Span, type) ?? throw NotUnderstood(null);
        }
        catch (JsonException error)
        {
            throw NotUnderstood(error);
        }
    }

    private static async Task<ReadResult> NextAsync(PipeReader body, CancellationToken cancellation)
    {
        try
        {
            return await body.ReadAsync(cancellation);
        }
        catch (IOException error)
        {
            throw new GoneException(beforeAnswer: false, error);
        }
    }
}
