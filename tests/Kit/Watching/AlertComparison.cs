using System.Text.Json.Nodes;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>Did two Suricatas raise the same alerts? As multisets of whole records, less what is each one's own business.</summary>
public static class AlertComparison
{
    /// <summary>What differs, a line each; empty when nothing does.</summary>
    public static IReadOnlyList<string> Differences(IEnumerable<JsonObject> here, IEnumerable<JsonObject> there)
    {
        var count = new Dictionary<string, int>();
        foreach (var alert in here.Select(EveFile.Canonical))
            count[alert] = count.GetValueOrDefault(alert) + 1;
        foreach (var alert in there.Select(EveFile.Canonical))
            count[alert] = count.GetValueOrDefault(alert) - 1;
        return
        [
            .. count.Where(p => p.Value != 0).OrderBy(p => p.Key, StringComparer.Ordinal)
                .Select(p => $"{Math.Abs(p.Value)} only {(p.Value > 0 ? "here" : "there")}: {p.Key}"),
        ];
    }
}
