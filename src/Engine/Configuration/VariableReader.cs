using System.Text.RegularExpressions;

namespace HyperSpector.Engine.Configuration;

/// <summary><c>environment:</c> of a VM: a mapping, or a list of <c>NAME=value</c>.</summary>
internal static partial class VariableReader
{
    internal const string Schema = """
        {"oneOf":[{"type":"object","propertyNames":{"pattern":"^[A-Za-z_][A-Za-z0-9_]*$"},"additionalProperties":{"type":["string","number","boolean"]}},
        {"type":"array","items":{"type":"string","pattern":"^[A-Za-z_][A-Za-z0-9_]*="}}]}
        """;

    internal static IReadOnlyDictionary<string, string> Read(SourceFile file, Node node)
    {
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        switch (node)
        {
            case MapNode map:
                foreach (var (key, value) in map.Entries)
                {
                    if (Values.Text(file, value, $"variable {Quoted.Text(key.Value)}", empty: true) is { } text)
                        Add(file, key, variables, key.Value, text);
                }

                break;
            case ListNode list:
                foreach (var item in list.Items)
                {
                    if (Values.Text(file, item, "environment") is not { } text)
                        continue;
                    var equals = text.IndexOf('=', StringComparison.Ordinal);
                    if (equals < 0)
                        file.Report(item, $"environment: {Quoted.Text(text)} has no value; write NAME=value, or NAME=${{NAME}} to pass yours on");
                    else
                        Add(file, item, variables, text[..equals], text[(equals + 1)..]);
                }

                break;
            default:
                file.Report(node, $"environment: expected 'NAME: value' lines or a list of NAME=value, found {Values.Kind(node)}");
                break;
        }

        return variables;
    }

    private static void Add(SourceFile file, Node at, SortedDictionary<string, string> variables, string name, string value)
    {
        if (!Name().IsMatch(name))
            file.Report(at, $"environment: {Quoted.Text(name)} is not a variable's name (letters, digits, underscores)");
        else if (!variables.TryAdd(name, value))
            file.Report(at, $"environment: {name} is there twice");
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex Name();
}
