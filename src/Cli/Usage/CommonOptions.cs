using System.CommandLine;
using System.Globalization;

namespace HyperSpector.Cli.Usage;

/// <summary>Options that several commands have in the same form.</summary>
internal static class CommonOptions
{
    internal const string DefaultFile = "hyperspector.yaml";

    internal static Option<bool> Json(string description) => new("--json") { Description = description };

    internal static Option<string?> File(string description) => new("--file", "-f") { HelpName = "FILE", Description = description };

    internal static Option<bool> Follow() => new("--follow", "-f") { Description = "Wait for more, until interrupted" };

    internal static Option<int?> Tail(string what) => new("--tail")
    {
        HelpName = "N",
        Description = $"Only the last N {what}",
        CustomParser = result =>
        {
            var text = result.Tokens[^1].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                return count;
            result.AddError($"--tail must be a whole number, not '{text}'");
            return null;
        },
    };
}
