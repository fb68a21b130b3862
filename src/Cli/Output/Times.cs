using System.Globalization;

namespace HyperSpector.Cli.Output;

/// <summary>Times for people.</summary>
internal static class Times
{
    /// <summary>Date and time of day where we are.</summary>
    internal static string Local(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
