using System.Text.RegularExpressions;

namespace HyperSpector.Engine.Configuration;

/// <summary>Names of servers, environments, packs and options.</summary>
internal static partial class Names
{
    internal const string Pattern = "^[a-z][a-z0-9-]{0,31}$";

    internal const string OptionPattern = "^[a-z][a-z0-9_]{0,31}$";

    /// <summary>A name that may become part of a path, an interface and a cgroup.</summary>
    internal static bool Check(SourceFile file, TextNode node, string what)
    {
        if (IsName(node.Value))
            return true;
        file.Report(node, $"{what} {Quoted.Text(node.Value)}: use at most {ConfigurationLimits.NameLength} letters a-z, digits and dashes, a letter first");
        return false;
    }

    /// <summary>The same for what is in no file.</summary>
    internal static bool IsName(string text) => Name().IsMatch(text);

    /// <summary>A name that may stand in <c>${…}</c>.</summary>
    internal static bool CheckOption(SourceFile file, TextNode node)
    {
        if (Option().IsMatch(node.Value))
            return true;
        file.Report(node, $"option {Quoted.Text(node.Value)}: use at most {ConfigurationLimits.NameLength} letters a-z, digits and underscores, a letter first");
        return false;
    }

    // \z, not $: the latter allows a line feed at the end.
    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,31}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,31}\z")]
    private static partial Regex Option();
}
