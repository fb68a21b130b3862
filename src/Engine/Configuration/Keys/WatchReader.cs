using System.Globalization;
using System.Text.RegularExpressions;
using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary>A server in an environment's <c>watch:</c>, with what its mirror leaves out.</summary>
/// <param name="At">Where it stands.</param>
/// <param name="Server">Its name.</param>
/// <param name="Filter">Null: nothing is left out.</param>
/// <param name="TruncateAt">Where <c>truncate</c> stands.</param>
internal sealed record WatchUse(Node At, string Server, FilterSpec? Filter, Node? TruncateAt);

/// <summary><c>watch:</c>, servers by name, or mappings that say what of their frames is copied.</summary>
internal static partial class WatchReader
{
    internal const string Schema = $$$"""
        {"type":"array","uniqueItems":true,"items":{"oneOf":[{"type":"string","pattern":"{{{Names.Pattern}}}"},{"$ref":"#/definitions/watch"}]}}
        """;

    // What holds a header with all that may come before it; bpf_skb_change_tail is not made for more than four pages.
    private const int TruncateLeast = 96, TruncateMost = 9000;
    private const int SampleMost = 65_536;

    private const string RulesSchema = """{"oneOf":[{"$ref":"#/definitions/rule"},{"type":"array","minItems":1,"items":{"$ref":"#/definitions/rule"}}]}""";

    internal static readonly Key<Draft>[] Keys =
    [
        new("server", "The server VM.", $$$"""{"type":"string","pattern":"{{{Names.Pattern}}}"}""",
            (d, n) => (d.ServerAt, d.Server) = (n, Values.Text(d.File, n, "server"))),
        new("only", "Copy only frames that one of these rules selects.", RulesSchema,
            (d, n) => d.Result.Only = FilterRuleReader.Read(d.File, n, "only")),
        new("except", "Copy no frames that one of these rules selects.", RulesSchema,
            (d, n) => d.Result.Except = FilterRuleReader.Read(d.File, n, "except")),
        new("sample", "Copy one flow of so many, whole: 1/10.", """{"type":"string","pattern":"^(1/[0-9]+|\\$\\{.+)$"}""",
            (d, n) => d.Result = d.Result with { Sample = Sample(d.File, n) }),
        new("truncate", "Bytes after which a copy ends, 96 to 9000.", """{"oneOf":[{"type":"integer","minimum":96,"maximum":9000},{"type":"string"}]}""",
            (d, n) => (d.TruncateAt, d.Result) = (n, d.Result with { Truncate = Values.Whole(d.File, n, "truncate", TruncateLeast, TruncateMost) })),
    ];

    internal static IReadOnlyList<WatchUse> Read(SourceFile file, Node node)
    {
        var watch = new List<WatchUse>();
        foreach (var item in Values.List(file, node, "watch") ?? [])
        {
            if (One(file, item) is not { } use)
                continue;
            if (watch.Any(w => w.Server == use.Server))
                file.Report(use.At, $"watch: {Quoted.Text(use.Server)} is there twice");
            else
                watch.Add(use);
        }

        return watch;
    }

    private static WatchUse? One(SourceFile file, Node item)
    {
        if (item is not MapNode)
            return Values.Text(file, item, "watch") is { } server ? new WatchUse(item, server, null, null) : null;
        var draft = new Draft(file);
        _ = Section.Read(file, item, "watch", Keys, draft);
        if (draft.ServerAt is null)
            file.Report(item, "watch: say whom; write {server: web, only: …}");
        var filter = draft.Result;
        Bounds(file, item, filter);
        var leavesOut = filter.Only.Count + filter.Except.Count > 0 || filter.Sample is not null || filter.Truncate is not null;
        return draft.Server is { } name ? new WatchUse(draft.ServerAt!, name, leavesOut ? filter : null, draft.TruncateAt) : null;
    }

    private static void Bounds(SourceFile file, Node at, FilterSpec filter)
    {
        var rules = (FilterRule[])[.. filter.Only, .. filter.Except];
        if (rules.Length > FilterSpec.MostRules)
            file.Report(at, $"watch: {rules.Length} rules for one server; {FilterSpec.MostRules} are the most. One rule takes lists: protocol: [tcp, udp]");
        Most("different ports and ranges", rules.SelectMany(r => r.Ports.Concat(r.PeerPorts)).Distinct().Count());
        Most("different networks", rules.SelectMany(r => r.Networks).Distinct().Count());

        void Most(string what, int count)
        {
            if (count > FilterSpec.MostValues)
                file.Report(at, $"watch: {count} {what} in the rules for one server; {FilterSpec.MostValues} are the most. Join neighbours");
        }
    }

    private static int? Sample(SourceFile file, Node node)
    {
        if (Values.Text(file, node, "sample") is not { } text)
            return null;
        if (Fraction().Match(text) is { Success: true } match
            && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var of) && of is >= 2 and <= SampleMost)
            return of;
        file.Report(node, $"sample: expected 1/2 to 1/{SampleMost}, e.g. 1/10 for one flow of ten, found {Quoted.Text(text)}");
        return null;
    }

    [GeneratedRegex(@"^1/([0-9]+)\z")]
    private static partial Regex Fraction();

    internal sealed class Draft(SourceFile file)
    {
        internal SourceFile File => file;

        internal Node? ServerAt { get; set; }

        internal string? Server { get; set; }

        internal Node? TruncateAt { get; set; }

        internal FilterSpec Result { get; set; } = new();
    }
}
