using System.Globalization;
using System.Text;

namespace HyperSpector.Engine.Packs;

/// <summary>
/// A text file of a pack: <c>${option}</c>, <c>${mirror}</c> (a mirror port's interface) and <c>${mirror_number}</c> (0, 1, …) are put
/// in place; what stands between the lines <c># each mirror</c> and <c># end</c> is repeated for every mirror port. Markers are
/// comments in most configuration languages, so that the file stays valid for editors. Any other <c>${…}</c> is left alone.
/// </summary>
internal static class PackTemplate
{
    private const string Begin = "# each mirror";
    private const string End = "# end";

    /// <summary>The file as it stands in the VM.</summary>
    internal static string Render(string template, IReadOnlyDictionary<string, string> options, IReadOnlyList<string> mirrors)
    {
        if (!template.Contains("${", StringComparison.Ordinal) && !template.Contains(Begin, StringComparison.Ordinal))
            return template;
        var result = new StringBuilder();
        StringBuilder? block = null;
        foreach (var line in template.Split('\n', StringSplitOptions.None).SkipLast(template.EndsWith('\n') ? 1 : 0))
        {
            if (block is null && line.Trim() == Begin)
            {
                block = new StringBuilder();
            }
            else if (block is not null && line.Trim() == End)
            {
                for (var i = 0; i < mirrors.Count; i++)
                    _ = result.Append(Fill(block.ToString(), options, mirrors[i], i));
                block = null;
            }
            else
            {
                _ = (block ?? result).Append(block is null ? Fill(line, options, mirrors.Count > 0 ? mirrors[0] : "", 0) : line).Append('\n');
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
            if (lines[i].Trim() == Begin)
            {
                if (open > 0)
                    return $"'{Begin}' on line {i + 1} stands inside that of line {open}";
                open = i + 1;
            }
            else if (lines[i].Trim() == End)
            {
                open = 0;
            }
        }

        return open == 0 ? null : $"'{Begin}' on line {open} has no '{End}'";
    }

    private static string Fill(string text, IReadOnlyDictionary<string, string> options, string mirror, int number) =>
        PackOptions.Substitute(text, new Dictionary<string, string>(options)
        {
            ["mirror"] = mirror,
            ["mirror_number"] = number.ToString(CultureInfo.InvariantCulture),
        });
}
