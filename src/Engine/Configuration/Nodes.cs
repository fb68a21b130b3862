namespace HyperSpector.Engine.Configuration;

/// <summary>Where something stands in a file; both count from 1.</summary>
internal readonly record struct Position(int Line, int Column);

/// <summary>A value of a YAML file with its place.</summary>
internal abstract class Node(Position at)
{
    /// <summary>Where it begins.</summary>
    internal Position At => at;

    /// <summary>Itself and all below it, an alias counted as often as it is used.</summary>
    internal abstract long Size { get; }
}

/// <summary>Text, a number, true, false or nothing: what it is, the key decides.</summary>
internal sealed class TextNode(Position at, string value, bool nothing) : Node(at)
{
    internal string Value => value;

    /// <summary>A key without a value, <c>~</c> or <c>null</c>.</summary>
    internal bool IsNothing => nothing;

    internal override long Size => 1;
}

/// <summary>A list.</summary>
internal sealed class ListNode(Position at, IReadOnlyList<Node> items) : Node(at)
{
    internal IReadOnlyList<Node> Items => items;

    internal override long Size { get; } = 1 + items.Sum(i => i.Size);
}

/// <summary>A mapping; keys are text and differ.</summary>
internal sealed class MapNode(Position at, IReadOnlyList<(TextNode Key, Node Value)> entries) : Node(at)
{
    internal IReadOnlyList<(TextNode Key, Node Value)> Entries => entries;

    internal override long Size { get; } = 1 + entries.Sum(e => 1 + e.Value.Size);
}
