using System.Text.RegularExpressions;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Packs;

/// <summary>Options of a pack: declared with a default, set by the user, put in place of <c>${name}</c>.</summary>
internal static partial class PackOptions
{
    /// <summary>Names that stand for mirror ports and watched servers (docs/packs.md).</summary>
    internal static readonly IReadOnlyList<string> Reserved = ["mirror", "mirrors", "mirror_number", .. PackSurroundings.OfServers];

    /// <summary>A mapping of options to values.</summary>
    internal static IReadOnlyList<(TextNode At, string Value)> Read(SourceFile file, Node node)
    {
        var options = new List<(TextNode, string)>();
        foreach (var (key, value) in Values.Map(file, node, "options")?.Entries ?? [])
        {
            if (!Names.CheckOption(file, key) || Values.Text(file, value, $"option '{key.Value}'", empty: true) is not { } text)
                continue;
            if (Reserved.Contains(key.Value))
                file.Report(key, $"option '{key.Value}': this name stands for {(key.Value.StartsWith("mirror", StringComparison.Ordinal) ? "the mirror port" : "a watched server")}; choose another");
            else if (text.Any(char.IsControl))
                file.Report(value, $"option '{key.Value}': must be one line without control characters");
            else
                options.Add((key, text));
        }

        return options;
    }

    /// <summary>The text with every <c>${name}</c> of <paramref name="options"/> put in place; others stay as they are.</summary>
    internal static string Substitute(string text, IReadOnlyDictionary<string, string> options) =>
        Reference().Replace(text, m => options.GetValueOrDefault(m.Groups[1].Value, m.Value));

    /// <summary>The names in <c>${name}</c> of a text.</summary>
    internal static IEnumerable<string> References(string text) => Reference().Matches(text).Select(m => m.Groups[1].Value);

    [GeneratedRegex(@"\$\{([a-z][a-z0-9_]*)\}")]
    private static partial Regex Reference();
}
