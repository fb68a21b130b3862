using System.Globalization;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary>Sizes with their unit (<c>512M</c>) and times with theirs (<c>30s</c>), as values of several keys.</summary>
internal static class Sizes
{
    internal const string Pattern = "[0-9.]+ ?[KMGT]i?B?";

    internal const string DurationSchema = """{"type":"string","pattern":"^([0-9.]+ ?(ms|s|m|h)|\\$\\{.+)$"}""";

    /// <summary>Bytes of a text such as <c>512M</c>; null if it is none.</summary>
    internal static double? TryBytes(string text)
    {
        var digits = text.TrimEnd(" KMGTkmgtiB".ToCharArray());
        var unit = text[digits.Length..].Trim().ToUpperInvariant();
        var factor = unit.Length == 0 ? 0 : unit[0] switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, 'T' => 1L << 40, _ => 0 };
        return factor != 0 && unit is [_] or [_, 'I'] or [_, 'B'] or [_, 'I', 'B']
            && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number * factor
            : null;
    }

    /// <summary>A size between two bounds, or a problem.</summary>
    internal static long? Bytes(SourceFile file, Node node, string what, (long Least, long Most) range, string bounds)
    {
        if (Values.Text(file, node, what) is not { } text)
            return null;
        if (TryBytes(text) is not { } bytes)
        {
            file.Report(node, $"{what}: expected a size with its unit, e.g. 512M or 2G, found {Quoted.Text(text)}");
            return null;
        }

        if (bytes >= range.Least && bytes <= range.Most)
            return (long)bytes;
        file.Report(node, $"{what}: {Quoted.Text(text)} is not between {bounds}");
        return null;
    }

    /// <summary>Seconds of a text such as <c>30s</c>; null if it is none.</summary>
    internal static double? TrySeconds(string text)
    {
        var digits = text.TrimEnd(" msh".ToCharArray());
        double? factor = text[digits.Length..].Trim() switch { "ms" => 0.001, "s" => 1, "m" => 60, "h" => 3600, _ => null };
        return factor is not null && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number * factor
            : null;
    }

    /// <summary>A time between two bounds, or a problem.</summary>
    internal static TimeSpan? Duration(SourceFile file, Node node, string what, (TimeSpan Least, TimeSpan Most) range, string bounds)
    {
        return Values.Text(file, node, what) is { } text ? Duration(file, node, text, what, range, bounds) : null;
    }

    /// <summary>The same of a text that came to stand at a node.</summary>
    internal static TimeSpan? Duration(
        SourceFile file, Node node, string text, string what, (TimeSpan Least, TimeSpan Most) range, string bounds)
    {
        if (TrySeconds(text) is not { } seconds)
        {
            file.Report(node, $"{what}: expected a time with its unit, e.g. 500ms, 30s or 2m, found {Quoted.Text(text)}");
            return null;
        }

        if (seconds >= range.Least.TotalSeconds && seconds <= range.Most.TotalSeconds)
            return TimeSpan.FromSeconds(seconds);
        file.Report(node, $"{what}: {Quoted.Text(text)} is not between {bounds}");
        return null;
    }
}
