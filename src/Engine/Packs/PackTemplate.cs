using System.Text;

namespace HyperSpector.Engine.Packs;

/// <summary>
/// A text file of a pack: <c>${option}</c>, <c>${mirror}</c> (a mirror port's interface), <c>${server}</c> and their like
/// (<see cref="PackSurroundings"/>) are put in place; what stands between the lines <c># each mirror</c> or <c># each server</c> and
/// <c># end</c> is repeated for every one. Markers are comments in most configuration languages, so that the file stays valid for
/// editors. Any other <c>${…}</c> is left alone.
/// </summary>
internal static class PackTemplate
{
    private const string Mirrors = "# each mirror";
    private const string Servers = "# each server";
    private const string End = "# end";

    /// <summary>The file as it stands in the VM.</summary>
    internal static string Render(string template, IReadOnlyDictionary<string, string> options, PackSurroundings surroundings)
    {
        if (!template.Contains("${", StringComparison.Ordinal) && !template.Contains("# each ", StringComparison.Ordinal))
            return template;
        var first = surroundings.Names(options, 0);
        var result = new StringBuilder();
        StringBuilder? block = null;
        var count = 0;
        foreach (var line in template.Split('\n', StringSplitOptions.None).SkipLast(template.EndsWith('\n') ? 1 : 0))
        {
            if (block is null && IsBegin(line))
            {
                block = new StringBuilder();
                count = line.Trim() == Mirrors ? surroundings.Mirrors.Count : surroundings.Servers.Count;
            }
            else if (block is not null && line.Trim() == End)
            {
                for (var i = 0; i < count; i++)
                    _ = result.Append(PackOptions.Substitute(block.ToString(), surroundings.Names(options, i)));
                block = null;
            }
            else
            {
                _ = (block ?? result).Append(block is null ? PackOptions.Substitute(line, first) : line).Append('\n');
            }
        }

        return result.ToString();
    }

    /// <summary>One line about what is wrong with a file's markers; null when nothing is.</summary>
    internal static string? Problem(string template)
    {
        var open = 0;
        var lines = template.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (IsBegin(lines[i]))
            {
                if (open > 0)
                    return $"'{lines[i].Trim()}' on line {i + 1} stands inside that of line {open}";
                open = i + 1;
            }
            else if (lines[i].Trim() == End)
            {
                open = 0;
            }
        }

        return open == 0 ? null : $"'{lines[open - 1].Trim()}' on line {open} has no '{End}'";
    }

    private static bool IsBegin(string line) => line.Trim() is Mirrors or Servers;
}
