namespace HyperSpector.Engine.Configuration;

/// <summary>What the YAML parser stumbled over, in words that tell how to mend it.</summary>
internal static class YamlMistakes
{
    // The parser's phrases (its version is pinned) and ours. A phrase that is not here is passed on as it is.
    private static readonly (string Theirs, string Ours)[] Phrases =
    [
        ("plain scalar value, found invalid mapping", "a second ': ' in one value, or a line indented too far; put quotes around text that holds ': '"),
        ("multiline plain scalar, found invalid", "this line and the one above do not fit together; 'key: value' needs a space after the colon"),
        ("quoted scalar, found unexpected end", "this quote is never closed"),
        ("unknown escape character", "unknown escape in double quotes; write \\\\ for a backslash, or use single quotes"),
        ("cannot start any token", "a value cannot begin with this character; put quotes around it"),
        ("expected ',' or", "a '{' or '[' above is not closed"),
        ("expected '-' indicator", "this line should begin with '- ' like the list above, or be indented differently"),
        ("did not find expected key", "expected 'key: value' here, indented like the keys above"),
        ("expected node content", "a value is missing here"),
        ("invalid Unicode surrogates", "holds half of a Unicode pair; write the character itself"),
        ("incompatible YAML document", "this %YAML line asks for a version that we do not read; remove it"),
    ];

    /// <summary>The place and one line about it.</summary>
    internal static (Position Place, string Message) Explain(string text, Position at, string message)
    {
        // The parser blames what is above the tab, down to the beginning of the mapping.
        if (message.Contains(" tab", StringComparison.Ordinal) && IndentingTab(text, at.Line) is { } tab)
            return (tab, "a tab indents this line; YAML wants spaces");
        var ours = Phrases.FirstOrDefault(p => message.Contains(p.Theirs, StringComparison.Ordinal)).Ours;
        return (at, ours ?? message);
    }

    private static Position? IndentingTab(string text, int fromLine)
    {
        var lines = text.Split('\n');
        for (var i = Math.Max(0, fromLine - 1); i < lines.Length; i++)
        {
            var indent = lines[i].Length - lines[i].TrimStart(' ', '\t').Length;
            var tab = lines[i].IndexOf('\t', StringComparison.Ordinal);
            if (tab >= 0 && tab < indent)
                return new Position(i + 1, tab + 1);
        }

        return null;
    }
}
