using System.Globalization;

namespace HyperSpector.Tests.Life;

/// <summary>How often a test kills: some times in every run, or as often as <c>KILLS</c> says (<c>./test kills</c>: 50 times each).</summary>
internal static class Kills
{
    internal const int SIGKILL = 9;

    internal static readonly int Rounds = System.Environment.GetEnvironmentVariable("KILLS") is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : 10;
}
