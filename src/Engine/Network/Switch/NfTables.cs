using System.Text;
using System.Text.Json;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>nftables of the calling thread's network namespace, through nft(8).</summary>
internal static class NfTables
{
    /// <summary>Applies a text as one transaction: all of it or nothing.</summary>
    internal static void Apply(string text)
    {
        var result = Tool.Run("nft", ["-f", "-"], text);
        // "/dev/stdin:4:5-12: Error: what", the line itself, and a row of carets.
        if (!result.Status.Succeeded)
            throw new IOException($"nft: {string.Join(" | ", result.Error.Split('\n').Take(2))} ({result.Status})");
    }

    /// <summary>All tables: family and name.</summary>
    internal static IReadOnlyList<(string Family, string Name)> Tables() =>
        [.. Rows("list", "tables").Where(r => r.TryGetProperty("table", out _)).Select(r => r.GetProperty("table"))
            .Select(t => (t.GetProperty("family").GetString()!, t.GetProperty("name").GetString()!))];

    /// <summary>All that there is, also of others: what nft(8) calls rows, each of one kind.</summary>
    internal static IReadOnlyList<JsonElement> Ruleset() => Rows("--stateless", "list", "ruleset");

    /// <summary>Tables as nft tells of them, without counts; null if one is missing.</summary>
    internal static string? List(IReadOnlyList<(string Family, string Name)> tables)
    {
        // One at a time: of several 'list' commands nft 1.0.6 finds the last one's table only.
        var text = new StringBuilder();
        foreach (var (family, name) in tables)
        {
            var result = Tool.Run("nft", ["--stateless", "list", "table", family, name]);
            if (!result.Status.Succeeded)
                return null;
            _ = text.Append(result.Output);
        }

        return text.ToString();
    }

    /// <summary>Packets of every named counter of a table; empty if there is no such table.</summary>
    internal static Dictionary<string, long> Counters(string family, string table) =>
        Rows("list", "counters", "table", family, table).Where(r => r.TryGetProperty("counter", out _))
            .Select(r => r.GetProperty("counter"))
            .ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("packets").GetInt64());

    /// <summary>Text that removes a table whether or not it exists.</summary>
    internal static string Delete(string family, string name) => $"add table {family} {name}\ndelete table {family} {name}\n";

    private static List<JsonElement> Rows(params IReadOnlyList<string> arguments)
    {
        var result = Tool.Run("nft", ["-j", .. arguments]);
        if (!result.Status.Succeeded)
        {
            return result.Error.Contains("No such file", StringComparison.Ordinal)
                ? []
                : throw new IOException($"nft {string.Join(' ', arguments)}: {result.LastErrorLine}");
        }

        using var document = JsonDocument.Parse(result.Output);
        return [.. document.RootElement.GetProperty("nftables").EnumerateArray().Select(e => e.Clone())];
    }
}
