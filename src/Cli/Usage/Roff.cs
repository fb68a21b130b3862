using System.Text;
using System.Text.RegularExpressions;

namespace HyperSpector.Cli.Usage;

/// <summary>A manual page in the man(7) macros, built up section by section.</summary>
internal sealed partial class Roff
{
    private readonly StringBuilder _page = new();

    /// <param name="title">E.g. <c>HYPERSPECTOR</c>.</param>
    /// <param name="section">Of the manual: 1 commands, 5 files.</param>
    /// <param name="purpose">After the dash in NAME.</param>
    internal Roff(string title, int section, string purpose)
    {
        _ = _page.Append(".\\\" Made by 'hyperspector docs man' from the program's own definitions.\n")
            .Append(".TH ").Append(title.ToUpperInvariant()).Append(' ').Append(section)
            .Append(" \"\" \"HyperSpector ").Append(Api.ProductVersion.Text).Append("\" \"HyperSpector\"\n.nh\n.ad l\n");
        Section("NAME");
        _ = _page.Append(Escape(title)).Append(" \\- ").Append(Escape(purpose)).Append('\n');
    }

    public override string ToString() => _page.ToString();

    internal void Section(string title) => _page.Append(".SH ").Append(Escape(title)).Append('\n');

    /// <summary>A heading inside a section.</summary>
    internal void Part(string title) => _page.Append(".SS ").Append(Escape(title)).Append('\n');

    /// <summary>A paragraph; <c>`code`</c> and <c>**strong**</c> become bold, as in the pages that it may come from.</summary>
    internal void Paragraph(string text) => _page.Append(".PP\n").Append(Body(text)).Append('\n');

    /// <summary>A term and, indented, what it means.</summary>
    internal void Item(string term, string text) =>
        _page.Append(".TP\n.B ").Append(Escape(term)).Append('\n').Append(Body(text)).Append('\n');

    /// <summary>Lines that stay as they are.</summary>
    internal void Literal(string text)
    {
        _ = _page.Append(".PP\n.in +4n\n.nf\n");
        foreach (var line in text.TrimEnd().Split('\n'))
            _ = _page.Append(Guard(Escape(line))).Append('\n');
        _ = _page.Append(".fi\n.in\n");
    }

    private static string Body(string text)
    {
        var marked = Marks().Replace(Escape(text), m => $"\\fB{m.Groups[1].Value}{m.Groups[2].Value}\\fR");
        return string.Join('\n', marked.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => Guard(l.Trim())));
    }

    // A dot or an apostrophe at the start of a line would be a request.
    private static string Guard(string line) => line is ['.' or '\'', ..] ? $"\\&{line}" : line;

    // A dash that is to be typed must not become a hyphen; quotes stay straight.
    private static string Escape(string text) => text
        .Replace("\\", "\\e", StringComparison.Ordinal)
        .Replace("-", "\\-", StringComparison.Ordinal)
        .Replace("'", "\\(aq", StringComparison.Ordinal)
        .Replace("…", "...", StringComparison.Ordinal);

    [GeneratedRegex(@"`([^`]+)`|\*\*([^*]+)\*\*")]
    private static partial Regex Marks();
}
