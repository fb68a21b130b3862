using System.Text;
using System.Text.Json;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Cli.Exec;

/// <summary>
/// The runtime's own log, which tells its failure from the command's. A pipe that the runtime opens through our /proc entry: there
/// is no file to clean up, and no descriptor that a process of the VM could inherit.
/// </summary>
internal sealed class RuntimeLog : IDisposable
{
    private readonly FileDescriptor _read;
    private readonly FileDescriptor _write;

    internal RuntimeLog() => (_read, _write) = Pipe.Create();

    /// <summary>For the runtime's <c>--log</c>.</summary>
    internal string Path => $"/proc/{System.Environment.ProcessId}/fd/{_write.Number}";

    /// <summary>The last error that the runtime logged; null if there is none. Precondition: the runtime has ended.</summary>
    internal string? Error()
    {
        // One page is far more than one error; a pipe holds 16.
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (length < buffer.Length && Poll.WaitReadable(_read, TimeSpan.Zero))
        {
            var count = Pipe.Read(_read, buffer.AsSpan(length));
            if (count == 0)
                break;
            length += count;
        }

        return Encoding.UTF8.GetString(buffer, 0, length).Split('\n').Select(ErrorOf).LastOrDefault(e => e is not null);
    }

    public void Dispose()
    {
        _read.Dispose();
        _write.Dispose();
    }

    private static string? ErrorOf(string line)
    {
        try
        {
            using var entry = JsonDocument.Parse(line);
            return entry.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("level", out var level) && level.ValueKind == JsonValueKind.String && level.ValueEquals("error")
                && root.TryGetProperty("msg", out var message) && message.ValueKind == JsonValueKind.String
                    ? message.GetString()
                    : null;
        }
        catch (JsonException)
        {
            // An empty line, or another runtime's own format.
            return null;
        }
    }
}
