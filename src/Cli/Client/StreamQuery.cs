using System.Globalization;

namespace HyperSpector.Cli.Client;

/// <summary>What streams of stored lines may be asked for.</summary>
internal static class StreamQuery
{
    /// <summary>Each parameter with a leading <c>&amp;</c>.</summary>
    internal static string Of(bool follow, int? tail) =>
        (follow ? "&follow=true" : "") + (tail is { } count ? string.Create(CultureInfo.InvariantCulture, $"&tail={count}") : "");
}
