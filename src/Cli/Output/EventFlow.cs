using System.Globalization;
using System.Text.Json;

namespace HyperSpector.Cli.Output;

/// <summary>Who spoke to whom, where the IDS's record says so in the words of EVE (Suricata).</summary>
internal static class EventFlow
{
    /// <summary><c>TCP 192.0.2.1:4711 -> [fd00::1]:80</c>; null where the record has no addresses.</summary>
    internal static string? Of(JsonElement? raw)
    {
        if (raw is not { ValueKind: JsonValueKind.Object } record)
            return null;
        if (End(record, "src_ip", "src_port") is not { } source || End(record, "dest_ip", "dest_port") is not { } target)
            return null;
        var protocol = Text(record, "proto");
        return $"{(protocol is null ? "" : protocol + " ")}{source} -> {target}";
    }

    private static string? End(JsonElement record, string address, string port)
    {
        if (Text(record, address) is not { } host)
            return null;
        if (!record.TryGetProperty(port, out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out var value))
            return host;
        return string.Create(
            CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{value}");
    }

    private static string? Text(JsonElement record, string name)
    {
        if (!record.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, written as an escape: valid JSON, and no text.
            return null;
        }
    }
}
