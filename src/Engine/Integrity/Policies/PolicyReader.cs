using System.Text.RegularExpressions;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Configuration.Keys;

namespace HyperSpector.Engine.Integrity.Policies;

/// <summary>A policy file being read.</summary>
internal sealed class PolicyDraft(SourceFile file)
{
    internal SourceFile File => file;

    internal Dictionary<string, Attributes> Groups { get; } = new(StringComparer.Ordinal);

    // Read last: groups may stand below them.
    internal List<(PathPattern Pattern, TextNode Key, Node Value)> Check { get; } = [];

    internal List<PathPattern> Ignore { get; } = [];

    internal long ContentLimit { get; set; } = PolicyLimits.UsualContentLimit;
}

/// <summary>From the text of a policy to a policy; every mistake is one line with its place.</summary>
public static partial class PolicyReader
{
    private const string GroupName = "^[A-Za-z][A-Za-z0-9_]{0,31}$";

    internal static readonly IReadOnlyList<Key<PolicyDraft>> Keys =
    [
        new("groups", "Names for sets of attributes: 'name: p+u+g'.",
            $$"""{"type":"object","propertyNames":{"pattern":"{{GroupName}}"},"additionalProperties":{"type":"string"} }""",
            Groups),
        new("check", "Paths or patterns, and what is compared of them and of all below; '=/path' means the path alone. The last that matches decides.",
            """{"type":"object","propertyNames":{"pattern":"^=?/"},"minProperties":1,"additionalProperties":{"type":"string"}}""",
            Check),
        new("ignore", "Paths or patterns that are never looked at, nor anything below them.",
            """{"type":"array","items":{"type":"string","pattern":"^=?/"}}""",
            Ignore),
        new("content_limit", "Contents of larger files are not compared; everything else of them is.",
            $$"""{"type":"string","pattern":"^{{Sizes.Pattern}}$"}""",
            (d, n) => d.ContentLimit = Sizes.Bytes(d.File, n, "content_limit", (1 << 20, 1L << 60), "1M and 1048576T") ?? d.ContentLimit),
    ];

    /// <summary>Reads a file; null, with problems, when it is no policy.</summary>
    public static IntegrityPolicy? Load(string path, out IReadOnlyList<Diagnostic> problems)
    {
        var found = new List<Diagnostic>();
        problems = found;
        if (YamlText.ReadFile(path, out var problem) is { } bytes)
            return Read(path, bytes, found);
        found.Add(new Diagnostic(path, 0, 0, problem));
        return null;
    }

    /// <summary>Reads the text of one; null, with problems, when it is none.</summary>
    internal static IntegrityPolicy? Read(string name, byte[] text, List<Diagnostic> problems)
    {
        var file = new SourceFile(name, "/", problems);
        if (text.Length > ConfigurationLimits.FileBytes || YamlReader.Read(file, text, variables: null) is not { } root)
            return null;
        var draft = new PolicyDraft(file);
        if (!Section.Read(file, root, "the policy", Keys, draft))
            return null;
        if (root is MapNode map && !map.Entries.Any(e => e.Key.Value == "check"))
            file.Report(root, "needs 'check': which paths, and what of them; e.g. check: {/etc: R}");
        var rules = new List<(PathPattern, Attributes)>();
        foreach (var (pattern, key, value) in draft.Check)
        {
            if (AttributeWords.Read(file, value, $"check: {Quoted.Text(key.Value)}", draft.Groups) is { } attributes)
                rules.Add((pattern, attributes));
        }

        if (rules.Count + draft.Ignore.Count > PolicyLimits.Patterns)
            file.Report(root, $"has more than {PolicyLimits.Patterns} paths and patterns; use fewer, with * and **");
        return problems.Count == 0 ? new IntegrityPolicy(text, rules, draft.Ignore, draft.ContentLimit) : null;
    }

    private static void Groups(PolicyDraft draft, Node node)
    {
        foreach (var (key, value) in Values.Map(draft.File, node, "groups")?.Entries ?? [])
        {
            if (!Group().IsMatch(key.Value))
                draft.File.Report(key, $"group {Quoted.Text(key.Value)}: use at most 32 letters, digits and underscores, a letter first");
            else if (AttributeWords.IsTaken(key.Value))
                draft.File.Report(key, $"group '{key.Value}' has the name of an attribute; choose another");
            else if (draft.Groups.Count == PolicyLimits.Groups)
                draft.File.Report(key, $"more than {PolicyLimits.Groups} groups");
            else if (AttributeWords.Read(draft.File, value, $"group '{key.Value}'", draft.Groups) is { } attributes)
                draft.Groups[key.Value] = attributes;
        }
    }

    private static void Check(PolicyDraft draft, Node node)
    {
        foreach (var (key, value) in Values.Map(draft.File, node, "check")?.Entries ?? [])
        {
            if (Pattern(draft.File, key, "check") is { } pattern)
                draft.Check.Add((pattern, key, value));
        }

        if (node is MapNode { Entries.Count: 0 })
            draft.File.Report(node, "check: is empty; name a path, e.g. /etc: R");
    }

    private static void Ignore(PolicyDraft draft, Node node)
    {
        foreach (var item in Values.List(draft.File, node, "ignore") ?? [])
        {
            if (Values.Text(draft.File, item, "ignore") is not null && Pattern(draft.File, (TextNode)item, "ignore") is { } pattern)
                draft.Ignore.Add(pattern);
        }
    }

    private static PathPattern? Pattern(SourceFile file, TextNode node, string what)
    {
        var alone = node.Value.StartsWith('=');
        var text = alone ? node.Value[1..] : node.Value;
        if (PathPattern.Parse(text, below: !alone, out var problem) is { } pattern)
            return pattern;
        file.Report(node, $"{what}: {Quoted.Text(node.Value)} {problem}");
        return null;
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_]{0,31}\z")]
    private static partial Regex Group();
}
