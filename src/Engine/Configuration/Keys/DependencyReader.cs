using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary><c>depends_on:</c> of a server: a list of servers, or a mapping of servers to <c>started</c> or <c>healthy</c>.</summary>
internal static class DependencyReader
{
    internal const string Schema = $$$"""
        {"oneOf":[{"type":"array","uniqueItems":true,"items":{"type":"string","pattern":"{{{Names.Pattern}}}"}},
        {"type":"object","propertyNames":{"pattern":"{{{Names.Pattern}}}"},"additionalProperties":{"enum":["started","healthy"]}}]}
        """;

    internal static IReadOnlyList<(Node At, DependencySpec Dependency)> Read(SourceFile file, Node node)
    {
        var list = new List<(Node At, DependencySpec Dependency)>();
        switch (node)
        {
            case MapNode map:
                foreach (var (name, value) in map.Entries)
                {
                    if (Values.Word(file, value, $"depends_on {Quoted.Text(name.Value)}", ("started", DependencyState.Started), ("healthy", DependencyState.Healthy)) is { } until)
                        list.Add((name, new DependencySpec(name.Value, until)));
                }

                break;
            case ListNode items:
                foreach (var item in items.Items)
                {
                    if (Values.Text(file, item, "depends_on") is not { } name)
                        continue;
                    if (list.Any(l => l.Dependency.Server == name))
                        file.Report(item, $"depends_on: {Quoted.Text(name)} is there twice");
                    else
                        list.Add((item, new DependencySpec(name, DependencyState.Started)));
                }

                break;
            default:
                file.Report(node, $"depends_on: expected a list of servers, or lines 'SERVER: healthy', found {Values.Kind(node)}");
                break;
        }

        return list;
    }
}
