using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Packs;

/// <summary>A pack in an environment's <c>packs:</c>; <paramref name="Spec"/> is null when the pack has problems.</summary>
internal sealed record PackUse(Node At, string Name, PackSpec? Spec)
{
    internal static readonly IReadOnlyList<Key<Draft>> Keys =
    [
        new("name", "The pack.", $$$"""{"type":"string","pattern":"{{{Configuration.Names.Pattern}}}"}""",
            (d, n) => (d.NameAt, d.Name) = (n, Values.Text(d.File, n, "name"))),
        new("options", "What to set differently from the pack's own defaults.",
            $$$"""{"type":"object","propertyNames":{"pattern":"{{{Configuration.Names.OptionPattern}}}"},"additionalProperties":{"type":["string","number","boolean"]}}""",
            (d, n) => d.Options = PackOptions.Read(d.File, n)),
    ];

    internal static IReadOnlyList<PackUse> Read(SourceFile file, Node node, PackCatalog catalog)
    {
        var uses = new List<PackUse>();
        foreach (var item in Values.List(file, node, "packs") ?? [])
        {
            var draft = new Draft(file);
            if (item is MapNode)
            {
                _ = Section.Read(file, item, "packs", Keys, draft);
                if (draft.NameAt is null)
                    file.Report(item, "packs: say which; write {name: suricata, options: {…}}");
            }
            else
            {
                (draft.NameAt, draft.Name) = (item, Values.Text(file, item, "packs"));
            }

            if (draft.Name is not { } name)
                continue;
            if (uses.Any(u => u.Name == name))
                file.Report(draft.NameAt!, $"packs: {Quoted.Text(name)} is there twice");
            else if (Configuration.Names.Check(file, (TextNode)draft.NameAt!, "pack"))
                uses.Add(Resolve(file, draft, name, catalog));
        }

        if (node is ListNode { Items.Count: 0 })
            file.Report(node, "packs: the list is empty; leave it out to use 'run'");
        return uses;
    }

    private static PackUse Resolve(SourceFile file, Draft draft, string name, PackCatalog catalog)
    {
        if (!catalog.TryGet(name, out var pack))
        {
            var known = catalog.Names.ToList();
            var suggestion = Nearest.Suggest(name, known);
            if (suggestion.Length == 0 && known.Count > 0)
                suggestion = $"; there are {string.Join(", ", known.Take(12))}";
            file.Report(draft.NameAt!, $"packs: there is no pack {Quoted.Text(name)}{suggestion}");
        }

        if (pack is null)
            return new PackUse(draft.NameAt!, name, null);
        var options = pack.Options.ToDictionary();
        foreach (var (at, value) in draft.Options)
        {
            if (options.ContainsKey(at.Value))
                options[at.Value] = value;
            else
                file.Report(at, $"pack '{name}' has no option {Quoted.Text(at.Value)}{Nearest.Suggest(at.Value, options.Keys)}");
        }

        var schedule = pack.Schedule.Select(t => t with
        {
            Arguments = [.. t.Arguments.Select(a => PackOptions.Substitute(a, options))],
            Every = PackOptions.Substitute(t.Every, options),
        }).ToList();
        // The pack's own default was looked at when the pack was read.
        foreach (var task in pack.Schedule)
        {
            var chosen = draft.Options.FirstOrDefault(o => PackOptions.References(task.Every).Contains(o.At.Value)).At;
            if (chosen is not null && PackScheduleReader.Interval(file, chosen, task, options) is null)
                return new PackUse(draft.NameAt!, name, null);
        }

        var run = pack.Run.Select(c => c with { Arguments = [.. c.Arguments.Select(a => PackOptions.Substitute(a, options))] });
        return new PackUse(draft.NameAt!, name, pack with { Options = options, Run = [.. run], Schedule = schedule });
    }

    internal sealed class Draft(SourceFile file)
    {
        internal SourceFile File => file;

        internal Node? NameAt { get; set; }

        internal string? Name { get; set; }

        internal IReadOnlyList<(TextNode At, string Value)> Options { get; set; } = [];
    }
}
