using System.Buffers;
using System.Text.Json;
using HyperSpector.Api.Events;

namespace HyperSpector.Engine.Events;

/// <summary>
/// Writes events as lines, in the form of <see cref="EventRecord"/>. The time stands first, so that streams of lines can be
/// merged by comparing their first bytes, without parsing them. Only ASCII comes out, but for the IDS's own record.
/// </summary>
internal sealed class EventLineWriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _json;

    internal EventLineWriter() => _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true });

    /// <summary>One line with its newline, valid until the next call.</summary>
    internal ReadOnlySpan<byte> Write(EventRecord record)
    {
        if (record.Raw is { } raw)
            return Write(record, System.Text.Encoding.UTF8.GetBytes(raw.GetRawText()));
        return Write(record, default(ReadOnlySpan<byte>));
    }

    /// <summary>As above; <paramref name="raw"/> is a JSON value that has been checked, empty for none.</summary>
    internal ReadOnlySpan<byte> Write(EventRecord record, ReadOnlySpan<byte> raw)
    {
        Begin(record);
        if (raw.Length > 0)
        {
            _json.WritePropertyName("raw"u8);
            _json.WriteRawValue(raw, skipInputValidation: true);
        }

        return End(record.Source);
    }

    /// <summary>As above, for a record that was no JSON.</summary>
    internal ReadOnlySpan<byte> WriteText(EventRecord record, string raw)
    {
        Begin(record);
        _json.WriteString("raw"u8, raw);
        return End(record.Source);
    }

    public void Dispose() => _json.Dispose();

    private void Begin(EventRecord record)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        _json.WriteString("time"u8, record.Time.ToUniversalTime());
        _json.WriteString("id"u8, record.Id);
        _json.WriteString("host"u8, record.Host);
        Optional("environment"u8, record.Environment);
        _json.WriteString("sensor"u8, record.Sensor);
        Optional("server"u8, record.Server);
        _json.WriteString("kind"u8, record.Kind);
        _json.WriteString("severity"u8, record.Severity);
        _json.WriteString("summary"u8, record.Summary);
    }

    private ReadOnlySpan<byte> End(SourcePosition? source)
    {
        if (source is not null)
        {
            _json.WritePropertyName("source"u8);
            Write(_json, source);
        }

        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
        return _buffer.WrittenSpan;
    }

    internal static void Write(Utf8JsonWriter json, SourcePosition position)
    {
        json.WriteStartObject();
        json.WriteNumber("output"u8, position.Output);
        json.WriteString("file"u8, position.File);
        json.WriteNumber("offset"u8, position.Offset);
        json.WriteEndObject();
    }

    private void Optional(ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            _json.WriteString(name, value);
    }
}
