using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace HyperSpector.Engine.Configuration;

/// <summary>
/// From YAML text to nodes with places. Uses YamlDotNet's event parser only: it is free of reflection, and bounding depth,
/// aliases and size needs the events. What YAML offers beyond our format (tags, several documents) is refused by name.
/// </summary>
internal sealed class YamlReader
{
    private readonly SourceFile _file;
    private readonly Variables? _variables;
    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, Node> _anchors = [];
    private int _aliases;
    private long _nodes;

    private YamlReader(SourceFile file, string text, Variables? variables)
    {
        _file = file;
        _variables = variables;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads the file's only document; null (and problems in <paramref name="file"/>) when there is none.</summary>
    /// <param name="file">Gets the problems.</param>
    /// <param name="bytes">What the file holds.</param>
    /// <param name="variables">For <c>${VAR}</c> in values; null leaves dollar signs alone.</param>
    internal static Node? Read(SourceFile file, ReadOnlySpan<byte> bytes, Variables? variables)
    {
        if (YamlText.Decode(bytes, out var wrong) is not { } text)
        {
            file.Report(wrong, "not UTF-8 from here on; save the file as UTF-8");
            return null;
        }

        var reader = new YamlReader(file, text, variables);
        try
        {
            return reader.Document();
        }
        catch (YamlException failure)
        {
            var (place, message) = YamlMistakes.Explain(text, At(failure.Start), failure.Message);
            file.Report(place, message);
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException or FormatException or OverflowException)
        {
            // The parser meets a missing ']' or an escape such as "\UFFFFFFFF" with exceptions of the runtime.
            file.Report(At(reader._parser.Current?.Start ?? Mark.Empty), "not valid YAML after this; is a bracket, a quote or a \\ escape at fault?");
        }

        return null;
    }

    private Node? Document()
    {
        _ = _parser.MoveNext(); // stream start
        _ = _parser.MoveNext();
        if (_parser.Current is StreamEnd)
        {
            _file.Report(default(Position), "is empty; docs/configuration.md shows a first file");
            return null;
        }

        _ = _parser.MoveNext(); // document start
        var root = Value(depth: 1);
        _ = _parser.MoveNext(); // document end
        if (_parser.Current is not StreamEnd)
            throw Refuse(_parser.Current!, "a second document begins here; one file holds one document");
        return root;
    }

    /// <summary>The node that begins at the current event; afterwards the next event is current.</summary>
    private Node Value(int depth)
    {
        if (depth > ConfigurationLimits.Depth)
            throw Refuse(_parser.Current!, $"nested deeper than {ConfigurationLimits.Depth} levels");
        var start = _parser.Current!;
        if (start is NodeEvent { Tag.IsEmpty: false, Tag.IsNonSpecific: false } tagged && tagged.Tag.Value != "tag:yaml.org,2002:str")
            _file.Report(At(start.Start), $"tag {Quoted.Text(tagged.Tag.Value)} has no meaning here; leave it out");
        var node = start switch
        {
            Scalar scalar => Text(scalar, _variables),
            SequenceStart => List(depth),
            MappingStart => Map(depth),
            AnchorAlias alias => Alias(alias),
            _ => throw Refuse(start, "not valid YAML: a value is missing here"),
        };
        if ((_nodes += node is ListNode or MapNode ? 1 : node.Size) > ConfigurationLimits.Nodes)
            throw Refuse(start, $"more than {ConfigurationLimits.Nodes} values once aliases are put in place");
        // Only now: an alias inside the very node that it names is an unknown one, so no node ever contains itself.
        if (start is NodeEvent { Anchor.IsEmpty: false } anchored)
            _anchors[anchored.Anchor] = node;
        _ = _parser.MoveNext();
        return node;
    }

    private TextNode Text(Scalar scalar, Variables? variables)
    {
        var at = At(scalar.Start);
        var value = scalar.Value;
        if (variables is not null)
        {
            if (variables.Substitute(value, out var problem) is { } substituted)
                value = substituted;
            else
                _file.ReportBroken(at, problem);
        }

        if (value.Contains('\0', StringComparison.Ordinal))
        {
            _file.ReportBroken(at, "holds a NUL character, which no program can be given");
            // What comes next asks the system about paths, which refuses such a one by an exception.
            value = value.Replace('\0', '\ufffd');
        }
        else if (!IsUnicode(value))
        {
            _file.ReportBroken(at, "holds half of a Unicode pair; write the character itself");
        }

        return new TextNode(at, value, scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null" or "Null" or "NULL");
    }

    private ListNode List(int depth)
    {
        var at = At(_parser.Current!.Start);
        var items = new List<Node>();
        _ = _parser.MoveNext();
        while (_parser.Current is not SequenceEnd)
            items.Add(Value(depth + 1));
        return new ListNode(at, items);
    }

    private MapNode Map(int depth)
    {
        var at = At(_parser.Current!.Start);
        var entries = new List<(TextNode, Node)>();
        var seen = new Dictionary<string, int>();
        _ = _parser.MoveNext();
        while (_parser.Current is not MappingEnd)
        {
            if (_parser.Current is not Scalar scalar)
                throw Refuse(_parser.Current!, "a key must be plain text; put quotes around text that begins with { [ * or &");
            var key = Text(scalar, variables: null);
            if (!scalar.Anchor.IsEmpty)
                _file.Report(key, "an anchor on a key has no meaning here; put it on the value");
            _ = _parser.MoveNext();
            var value = Value(depth + 1);
            if (seen.TryAdd(key.Value, key.At.Line))
                entries.Add((key, value));
            else
                _file.Report(key, $"{Quoted.Text(key.Value)} is there twice; the first is on line {seen[key.Value]}");
        }

        return new MapNode(at, entries);
    }

    private Node Alias(AnchorAlias alias)
    {
        if (++_aliases > ConfigurationLimits.Aliases)
            throw Refuse(alias, $"more than {ConfigurationLimits.Aliases} aliases");
        if (!_anchors.TryGetValue(alias.Value, out var node))
            throw Refuse(alias, $"alias {Quoted.Text("*" + alias.Value.Value)} names no anchor above it");
        // The node itself was counted where it stands: count each further use in full.
        _nodes += node is ListNode or MapNode ? node.Size : 0;
        return node;
    }

    private static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }

        return true;
    }

    private static Position At(Mark mark) => new((int)mark.Line, (int)mark.Column);

    private static YamlException Refuse(ParsingEvent at, string message) => new(at.Start, at.End, message);
}
