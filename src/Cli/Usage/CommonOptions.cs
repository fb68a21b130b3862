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

    internal static Option<int?> Tail(string what) => WholeNumber("--tail", $"Only the last N {what}", least: 0);

    internal static Option<int?> Count(string description) => WholeNumber("--count", description, least: 1);

    private static Option<int?> WholeNumber(string name, string description, int least) => new(name)
    {
        HelpName = "N",
        Description = description,
        CustomParser = result =>
        {
            var text = result.Tokens[^1].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= least)
                return count;
            result.AddError($"{name} must be a whole number{(least > 0 ? $" from {least} on" : "")}, not '{text}'");
            return null;
        },
    };
}
