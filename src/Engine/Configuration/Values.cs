using System.Globalization;

namespace HyperSpector.Engine.Configuration;

/// <summary>Values of the kinds that YAML knows; each reports what it finds instead and returns null.</summary>
internal static class Values
{
    internal static MapNode? Map(SourceFile file, Node node, string what)
    {
        if (node is MapNode map)
            return map;
        file.Report(node, $"{what}: expected a mapping ('key: value' lines), found {Kind(node)}");
        return null;
    }

    internal static IReadOnlyList<Node>? List(SourceFile file, Node node, string what)
    {
        if (node is ListNode list)
            return list.Items;
        file.Report(node, node is TextNode { IsNothing: false } text
            ? $"{what}: expected a list, found {Kind(node)}; write [{Quoted.Text(text.Value)}]"
            : $"{what}: expected a list, found {Kind(node)}");
        return null;
    }

    /// <summary>Text, not empty unless <paramref name="empty"/> allows it.</summary>
    internal static string? Text(SourceFile file, Node node, string what, bool empty = false)
    {
        switch (node)
        {
            case TextNode { IsNothing: true }:
                file.Report(node, $"{what}: expected text, found nothing{(empty ? "; write '' for an empty one" : "")}");
                return null;
            case TextNode { Value.Length: 0 } when !empty:
                file.Report(node, $"{what} is empty");
                return null;
            case TextNode text:
                return text.Value;
            default:
                file.Report(node, $"{what}: expected text, found {Kind(node)}");
                return null;
        }
    }

    internal static bool? Bool(SourceFile file, Node node, string what)
    {
        if (node is TextNode { Value: "true" or "True" or "TRUE" })
            return true;
        if (node is TextNode { Value: "false" or "False" or "FALSE" })
            return false;
        file.Report(node, $"{what}: expected true or false, found {Kind(node)}");
        return null;
    }

    internal static int? Whole(SourceFile file, Node node, string what, int least, int most)
    {
        if (node is TextNode text && int.TryParse(text.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
            return number;
        file.Report(node, $"{what}: expected a whole number from {least} to {most}, found {Kind(node)}");
        return null;
    }

    /// <summary>One of a few words.</summary>
    internal static T? Word<T>(SourceFile file, Node node, string what, params ReadOnlySpan<(string Word, T Value)> words) where T : struct
    {
        var known = new List<string>();
        foreach (var (word, value) in words)
        {
            if (node is TextNode text && text.Value == word)
                return value;
            known.Add(word);
        }

        var suggestion = node is TextNode wrong ? Nearest.Suggest(wrong.Value, known) : "";
        file.Report(node, $"{what}: expected {string.Join(", ", known.SkipLast(1))} or {known[^1]}, found {Kind(node)}{suggestion}");
        return null;
    }

    /// <summary>What a node is, for messages.</summary>
    internal static string Kind(Node node) => node switch
    {
        ListNode => "a list",
        MapNode => "a mapping",
        TextNode { IsNothing: true } => "nothing",
        TextNode text => Quoted.Text(text.Value),
        _ => "something else",
    };
}
