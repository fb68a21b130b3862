using System.Buffers;
using System.Text;
using System.Text.Json;
using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Events;

/// <summary>
/// What a VM wrote to its standard output and error, as lines in the form of <see cref="Api.Messages.LogLine"/>; the newest
/// 16 MiB are kept. Never waits: what a full disk does not take is counted and said later.
/// </summary>
public sealed class LogStore : IDisposable
{
    private readonly string _machine;
    private readonly TimeProvider _clock;
    private readonly SegmentWriter _segments;
    private readonly ArrayBufferWriter<byte> _lines = new(64 * 1024);
    private readonly Utf8JsonWriter _json;
    private readonly byte[] _partial = new byte[EventLimits.LogLine];
    private int _partialLength;
    private long _linesPending;
    private long _linesLost;

    private LogStore(FileDescriptor directory, string machine, TimeProvider clock)
    {
        _machine = machine;
        _clock = clock;
        _segments = SegmentWriter.Open(directory, EventLimits.LogSegment, EventLimits.LogTotal, () => []);
        _json = new Utf8JsonWriter(_lines, new JsonWriterOptions { SkipValidation = true });
    }

    /// <summary>Where a VM's log is.</summary>
    public static string DirectoryOf(HostPaths paths, string machine) => Path.Join(paths.State, "logs", machine);

    /// <summary>Opens the log in a directory, which is borrowed.</summary>
    public static LogStore Open(FileDescriptor directory, string machine, TimeProvider clock) => new(directory, machine, clock);

    /// <summary>Adds bytes as they came; lines may begin and end anywhere in them.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var newline = bytes.IndexOf((byte)'\n');
            var length = newline < 0 ? bytes.Length : newline;
            var taken = Math.Min(length, EventLimits.LogLine - _partialLength);
            if (_partialLength == 0 && newline >= 0 && taken == length)
            {
                Write(bytes[..length]);
                bytes = bytes[(length + 1)..];
                continue;
            }

            bytes[..taken].CopyTo(_partial.AsSpan(_partialLength));
            _partialLength += taken;
            bytes = bytes[taken..];
            if (newline >= 0 && taken == length)
            {
                WritePartial();
                bytes = bytes[1..];
            }
            else if (_partialLength == EventLimits.LogLine)
            {
                WritePartial();
            }
        }

        Store();
    }

    /// <summary>Writes a begun line as it is: the VM has ended, or we are about to.</summary>
    public void Finish()
    {
        if (_partialLength > 0)
            WritePartial();
        Store();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _json.Dispose();
        _segments.Dispose();
    }

    private void WritePartial()
    {
        Write(_partial.AsSpan(0, _partialLength));
        _partialLength = 0;
    }

    private void Write(ReadOnlySpan<byte> line)
    {
        WriteLine(Encoding.UTF8.GetString(line.TrimEnd((byte)'\r')));
        if (_lines.WrittenCount >= 256 * 1024)
            Store();
    }

    private void WriteLine(string text)
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("time"u8, _clock.GetUtcNow());
        _json.WriteString("machine"u8, _machine);
        _json.WriteString("text"u8, text);
        _json.WriteEndObject();
        _json.Flush();
        _lines.Write("\n"u8);
        _linesPending++;
    }

    private void Store()
    {
        if (_linesPending > 0 && _linesLost > 0)
            WriteLine($"hyperspector: {_linesLost} lines were lost here, the disk was full");
        if (_linesPending > 0 && !_segments.TryAppend(_lines.WrittenSpan))
            _linesLost += _linesPending;
        else if (_linesPending > 0)
            _linesLost = 0;
        _linesPending = 0;
        _lines.ResetWrittenCount();
    }
}
