using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace HyperSpector.Engine.Events;

/// <summary>What a line of Suricata's EVE output is to us.</summary>
public enum EveVerdict
{
    /// <summary>An alert: becomes an event.</summary>
    Alert,

    /// <summary>Another record (flow, dns, stats …): passed over.</summary>
    Other,

    /// <summary>Not a JSON object with an <c>event_type</c>.</summary>
    Malformed,
}

/// <summary>What we take from an alert; the rest stays in the raw record.</summary>
/// <param name="Time">The IDS's clock; null where the record has none that can be read.</param>
/// <param name="Signature">The rule's message, cut at <see cref="EventLimits.Summary"/>.</param>
/// <param name="Severity">Suricata's: 1 is the worst; 0 where it says none.</param>
/// <param name="Interface">The capture device.</param>
public readonly record struct EveAlert(DateTimeOffset? Time, string Signature, long Severity, string? Interface)
{
    /// <summary>In our words.</summary>
    public string SeverityName => Severity switch
    {
        1 => "high",
        2 => "medium",
        3 => "low",
        _ => "info",
    };
}

/// <summary>Reads EVE lines (Suricata's eve-json-format). Pure; never throws; everything in a line is hostile.</summary>
public static class EveParser
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = EventLimits.RecordDepth };

    /// <summary>Looks at one line, which must be valid UTF-8 for an alert to be accepted.</summary>
    public static EveVerdict Parse(ReadOnlySpan<byte> line, out EveAlert alert)
    {
        alert = default;
        if (line.Length > EventLimits.OutputLine)
            return EveVerdict.Malformed;
        try
        {
            var verdict = Read(line, ref alert);
            return verdict == EveVerdict.Alert && !Utf8.IsValid(line) ? EveVerdict.Malformed : verdict;
        }
        catch (Exception refused) when (refused is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half a surrogate pair, or bytes that are no UTF-8.
            return EveVerdict.Malformed;
        }
    }

    private static EveVerdict Read(ReadOnlySpan<byte> line, ref EveAlert alert)
    {
        var reader = new Utf8JsonReader(line, Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return EveVerdict.Malformed;
        var isAlert = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("event_type"u8))
            {
                _ = reader.Read();
                isAlert = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("alert"u8);
                // Most records are no alerts, and event_type stands near the start: do not look at their rest.
                if (!isAlert)
                    return EveVerdict.Other;
            }
            else if (reader.ValueTextEquals("timestamp"u8))
            {
                _ = reader.Read();
                if (reader.TokenType == JsonTokenType.String && TryTime(ref reader, out var time))
                    alert = alert with { Time = time };
                reader.Skip();
            }
            else if (reader.ValueTextEquals("in_iface"u8))
            {
                _ = reader.Read();
                alert = alert with { Interface = Text(ref reader, 64) };
            }
            else if (reader.ValueTextEquals("alert"u8))
            {
                _ = reader.Read();
                ReadAlert(ref reader, ref alert);
            }
            else
            {
                _ = reader.Read();
                reader.Skip();
            }
        }

        // Anything but white space after the object is an error, which this finds.
        while (reader.Read())
        {
        }

        alert = alert with { Signature = alert.Signature ?? "" };
        return isAlert ? EveVerdict.Alert : EveVerdict.Malformed;
    }

    // Some writers of JSON escape the '+' of a zone.
    private static bool TryTime(ref Utf8JsonReader reader, out DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[128];
        time = default;
        return reader.ValueSpan.Length <= text.Length && EveTime.TryParse(text[..reader.CopyString(text)], out time);
    }

    private static void ReadAlert(ref Utf8JsonReader reader, ref EveAlert alert)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("signature"u8))
            {
                _ = reader.Read();
                alert = alert with { Signature = Text(ref reader, EventLimits.Summary) ?? "" };
            }
            else if (reader.ValueTextEquals("severity"u8))
            {
                _ = reader.Read();
                if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var severity))
                    alert = alert with { Severity = severity };
                reader.Skip();
            }
            else
            {
                _ = reader.Read();
                reader.Skip();
            }
        }
    }

    private static string? Text(ref Utf8JsonReader reader, int limit)
    {
        if (reader.TokenType == JsonTokenType.String)
            return Cut(reader.GetString()!, limit);
        reader.Skip();
        return null;
    }

    /// <summary>At most <paramref name="limit"/> characters, never half of a surrogate pair at the end.</summary>
    internal static string Cut(string text, int limit)
    {
        if (text.Length <= limit)
            return text;
        return char.IsHighSurrogate(text[limit - 1]) ? text[..(limit - 1)] : text[..limit];
    }

    /// <summary>The same line with bytes that are no UTF-8 replaced by U+FFFD.</summary>
    internal static byte[] Mend(ReadOnlySpan<byte> line) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line));
}
