using System.Text;

namespace HyperSpector.Engine.Configuration;

/// <summary>A command line: a list of arguments, or one text that is split as a shell would split it, without expanding anything.</summary>
internal static class CommandLine
{
    internal const string Schema = """{"oneOf":[{"type":"string","minLength":1},{"type":"array","minItems":1,"items":{"type":["string","number","boolean"]}}]}""";

    internal static IReadOnlyList<string>? Read(SourceFile file, Node node, string what)
    {
        List<string>? arguments = node switch
        {
            ListNode list => Items(file, list, what),
            TextNode { IsNothing: false } text => Split(file, text, what),
            _ => null,
        };
        if (arguments is null)
        {
            if (node is MapNode or TextNode { IsNothing: true })
                file.Report(node, $"{what}: expected a command line, found {Values.Kind(node)}; write [/usr/sbin/program, argument]");
            return null;
        }

        if (arguments.Count == 0 || arguments[0].Length == 0)
        {
            file.Report(node, $"{what}: there is no program; write [/usr/sbin/program, argument]");
            return null;
        }

        if (arguments[0].Contains('/', StringComparison.Ordinal) && arguments[0][0] != '/')
        {
            file.Report(node, $"{what}: program {Quoted.Text(arguments[0])} must be an absolute path inside the VM, or a plain name");
            return null;
        }

        return arguments;
    }

    private static List<string>? Items(SourceFile file, ListNode list, string what)
    {
        var arguments = new List<string>();
        foreach (var item in list.Items)
        {
            if (Values.Text(file, item, $"{what}, argument {arguments.Count + 1}", empty: true) is not { } argument)
                return null;
            arguments.Add(argument);
        }

        return arguments;
    }

    private static List<string>? Split(SourceFile file, TextNode node, string what)
    {
        var arguments = new List<string>();
        var current = new StringBuilder();
        var inside = false;
        var text = node.Value;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case ' ' or '\t' or '\n' or '\r':
                    if (inside)
                        arguments.Add(current.ToString());
                    _ = current.Clear();
                    inside = false;
                    continue;
                case '\'' or '"':
                    if (!Quotation(text, ref i, current))
                    {
                        file.Report(node, $"{what}: a {c} is not closed");
                        return null;
                    }

                    break;
                case '\\':
                    if (++i == text.Length)
                    {
                        file.Report(node, $"{what}: a backslash at the end quotes nothing");
                        return null;
                    }

                    _ = current.Append(text[i]);
                    break;
                case '|' or '&' or ';' or '<' or '>' or '(' or ')' or '`':
                    file.Report(node, $"{what}: no shell reads this, so '{c}' must be quoted; for a shell write [/bin/sh, -c, \"…\"]");
                    return null;
                default:
                    _ = current.Append(c);
                    break;
            }

            inside = true;
        }

        if (inside)
            arguments.Add(current.ToString());
        return arguments;
    }

    // From the opening quote to the closing one. As in POSIX sh: in double quotes a backslash quotes " \ $ ` only.
    private static bool Quotation(string text, ref int i, StringBuilder current)
    {
        var quote = text[i];
        for (i++; i < text.Length; i++)
        {
            if (text[i] == quote)
                return true;
            if (quote == '"' && text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '"' or '\\' or '$' or '`')
                i++;
            _ = current.Append(text[i]);
        }

        return false;
    }
}
