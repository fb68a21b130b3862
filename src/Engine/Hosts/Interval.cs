using System.Globalization;

namespace HyperSpector.Engine.Hosts;

/// <summary>A stretch of time, for people: both ends, and how long it was.</summary>
internal static class Interval
{
    internal static string Text(DateTimeOffset from, DateTimeOffset to) => string.Create(CultureInfo.InvariantCulture,
        $"from {from.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} to {to.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} ({(to - from).TotalSeconds:0.00} s)");
}
