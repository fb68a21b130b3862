using System.Globalization;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines.Oci;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary><c>ulimits:</c>, a mapping of names to a number, or to <c>soft</c> and <c>hard</c>.</summary>
internal static class UlimitReader
{
    internal const string Schema = """
        {"type":"object","propertyNames":{"pattern":"^[a-z]+$"},"additionalProperties":{"oneOf":[{"type":["integer","string"]},
        {"type":"object","additionalProperties":false,"required":["soft","hard"],"properties":{"soft":{"type":["integer","string"]},"hard":{"type":["integer","string"]}}}]}}
        """;

    private static readonly Key<Draft>[] Keys =
    [
        new("soft", "What a process starts with.", "{}", (d, n) => d.Soft = Number(d, n)),
        new("hard", "What it may raise it to.", "{}", (d, n) => d.Hard = Number(d, n)),
    ];

    internal static IReadOnlyList<UlimitSpec> Read(SourceFile file, Node node)
    {
        var limits = new List<UlimitSpec>();
        foreach (var (key, value) in Values.Map(file, node, "ulimits")?.Entries ?? [])
        {
            if (Row(file, key) is { } row && One(file, row, value) is { } limit)
                limits.Add(limit);
        }

        return limits;
    }

    private static UlimitRow? Row(SourceFile file, TextNode name)
    {
        var policy = MachinePolicies.Installed.Ulimits;
        var row = policy.Allowed.FirstOrDefault(u => u.Name == name.Value);
        if (row is not null)
            return row;
        var suggestion = Nearest.Suggest(name.Value, policy.Allowed.Select(u => u.Name));
        file.Report(name, policy.Refused.FirstOrDefault(u => u.Name == name.Value) is { } refused
            ? $"ulimits: {refused.Name} is not set for a VM: {refused.Reason}"
            : $"ulimits: there is no limit {Quoted.Text(name.Value)}"
                + (suggestion.Length > 0 ? suggestion : $"; there are: {string.Join(", ", policy.Allowed.Select(u => u.Name))}"));
        return null;
    }

    private static UlimitSpec? One(SourceFile file, UlimitRow row, Node node)
    {
        var draft = new Draft(file, row);
        if (node is MapNode)
        {
            _ = Section.Read(file, node, $"ulimits: {row.Name}", Keys, draft);
            if (!draft.Failed && (draft.Soft is null || draft.Hard is null))
                file.Report(node, $"ulimits: {row.Name} needs both soft and hard, or is one number");
        }
        else
        {
            draft.Soft = draft.Hard = Number(draft, node);
        }

        if (draft.Soft is not { } soft || draft.Hard is not { } hard)
            return null;
        if (soft <= hard)
            return new UlimitSpec(row.Name, soft, hard);
        file.Report(node, $"ulimits: {row.Name}: soft is above hard");
        return null;
    }

    private static ulong? Number(Draft draft, Node node)
    {
        var row = draft.Row;
        var most = row.Most ?? ulong.MaxValue;
        if (node is TextNode { Value: var text })
        {
            if (text == "unlimited" && row.Most is null)
                return ulong.MaxValue;
            if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most)
                return number;
            if (row.Bytes && Sizes.TryBytes(text) is { } bytes && bytes <= most)
                return (ulong)bytes;
        }

        var upTo = row.Most is { } limit ? $" up to {limit}" : "";
        var size = row.Bytes ? ", a size such as 64M" : "";
        var none = row.Most is null ? " or unlimited" : "";
        draft.Failed = true;
        draft.File.Report(node, $"ulimits: {row.Name}: expected a whole number{upTo}{size}{none}, found {Values.Kind(node)}");
        return null;
    }

    private sealed class Draft(SourceFile file, UlimitRow row)
    {
        internal SourceFile File => file;

        internal UlimitRow Row => row;

        internal bool Failed { get; set; }

        internal ulong? Soft { get; set; }

        internal ulong? Hard { get; set; }
    }
}
