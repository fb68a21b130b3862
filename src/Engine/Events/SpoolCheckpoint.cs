using System.Buffers;
using System.Text.Json;
using HyperSpector.Api.Events;

namespace HyperSpector.Engine.Events;

/// <summary>
/// Where reading stands: how many events were ever written, and for each output the position after its last line whose event,
/// if it made one, is in the spool. Written as a line of its own at the start of every segment, and after much input without
/// events; in between, each event's <c>source</c> moves it on.
/// </summary>
internal sealed class SpoolCheckpoint
{
    // Of the lines of a spool. Segments without a number are of the first format.
    private const int Format = 1;

    private readonly SortedDictionary<int, SourcePosition> _positions = [];

    /// <summary>Events ever written before this point.</summary>
    internal long Events { get; set; }

    internal IReadOnlyDictionary<int, SourcePosition> Positions => _positions;

    /// <summary>By this beginning a checkpoint line is known from an event, without parsing.</summary>
    internal static ReadOnlySpan<byte> Prefix => "{\"checkpoint\":"u8;

    internal void Move(SourcePosition position)
    {
        if (position is { Output: >= 0 and < EventLimits.Outputs, Offset: >= 0 })
            _positions[position.Output] = position;
    }

    internal byte[] ToLine()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("checkpoint"u8);
            json.WriteNumber("format"u8, Format);
            json.WriteNumber("events"u8, Events);
            json.WriteStartArray("outputs"u8);
            foreach (var position in _positions.Values)
                EventLineWriter.Write(json, position);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Takes over what a line of a spool says, be it a checkpoint or an event; false if it is neither (a sick disk).</summary>
    /// <exception cref="IOException">A newer version wrote it.</exception>
    internal bool TryApply(ReadOnlySpan<byte> line)
    {
        try
        {
            Apply(line);
            return true;
        }
        catch (Exception refused) when (refused is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return false;
        }
    }

    private void Apply(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 64 });
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (root.TryGetProperty("checkpoint"u8, out var checkpoint))
        {
            if (checkpoint.TryGetProperty("format"u8, out var format) && format.GetInt32() > Format)
                throw new IOException($"the spool was written by a newer HyperSpector (format {format.GetInt32()}, this one knows {Format}); upgrade this one");
            // Read whole before anything is taken over: half a checkpoint would read outputs again from their starts.
            var events = checkpoint.GetProperty("events"u8).GetInt64();
            var positions = checkpoint.GetProperty("outputs"u8).EnumerateArray().Select(Read).ToList();
            Events = events;
            _positions.Clear();
            positions.ForEach(Move);
            return;
        }

        Events++;
        if (root.TryGetProperty("source"u8, out var source))
            Move(Read(source));
    }

    private static SourcePosition Read(JsonElement json) => new(
        json.GetProperty("output"u8).GetInt32(),
        json.GetProperty("file"u8).GetString() ?? "",
        json.GetProperty("offset"u8).GetInt64());
}
