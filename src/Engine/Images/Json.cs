using System.Text.Json;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Images;

/// <summary>The documents of an image layout as JSON: bounded, and every wrong type named in one line.</summary>
internal static class Json
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = ImageLimits.JsonDepth, AllowDuplicateProperties = false };

    /// <summary>Parses a document that must be an object.</summary>
    internal static JsonDocument Object(ReadOnlyMemory<byte> bytes, string what)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(bytes, Options);
        }
        catch (JsonException wrong)
        {
            // The message repeats the place, and sometimes the bytes: only the place is ours to show.
            throw new ImageException($"{what} is not JSON ({(wrong.LineNumber is { } line ? $"line {line + 1}" : "it says a key twice")})");
        }
        catch (InvalidOperationException)
        {
            throw new ImageException($"{what} is not JSON (a key holds half of a Unicode pair)");
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        throw new ImageException($"{what} is not a JSON object");
    }

    internal static JsonElement? Find(JsonElement of, string key) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    internal static JsonElement Required(JsonElement of, string key, string what) =>
        Find(of, key) ?? throw new ImageException($"{what} has no '{key}'");

    internal static string? Text(JsonElement of, string key, string what)
    {
        if (Find(of, key) is not { } value)
            return null;
        return Text(value) ?? throw new ImageException($"{what}: '{key}' is not a text of at most {ImageLimits.TextLength} characters without NUL");
    }

    /// <summary>An array of texts; empty when it is not there.</summary>
    internal static IReadOnlyList<string> Texts(JsonElement of, string key, string what)
    {
        if (Find(of, key) is not { } value)
            return [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > ImageLimits.Words)
            throw new ImageException($"{what}: '{key}' is not a list of at most {ImageLimits.Words} texts");
        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
            texts.Add(Text(item) ?? throw new ImageException($"{what}: '{key}' holds something that is not a text"));
        return texts;
    }

    internal static long Number(JsonElement of, string key, string what, long most)
    {
        var value = Required(of, key, what);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 && number <= most
            ? number
            : throw new ImageException($"{what}: '{key}' is not a whole number from 0 to {most}");
    }

    internal static IReadOnlyList<JsonElement> List(JsonElement of, string key, string what, int most)
    {
        var value = Required(of, key, what);
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= most
            ? [.. value.EnumerateArray()]
            : throw new ImageException($"{what}: '{key}' is not a list of at most {most}");
    }

    // What an argument or a variable may hold is decided by execve(2): anything but NUL. A line end is in many a script.
    private static string? Text(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            var text = value.GetString()!;
            return text.Length <= ImageLimits.TextLength && !text.Contains('\0', StringComparison.Ordinal) ? text : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, or bytes that are no UTF-8: JsonDocument looks only now.
            return null;
        }
    }

    /// <summary>For messages.</summary>
    internal static string Shown(string? text) => text is null ? "nothing" : Quoted.Text(text);
}
