namespace HyperSpector.Engine.Disks;

/// <summary>
/// Nodes that are open, with at most so many descriptors: the one that was not used for longest is closed for a new one, and opened again by its
/// path when it is needed. Preconditions of everything: the tree's lock is held.
/// </summary>
internal sealed class OpenNodes<T>(int limit)
    where T : Opened
{
    private readonly LinkedList<Node> _recent = new();
    private int _held;

    /// <summary>What is open of a node, for one more user; null if nothing is.</summary>
    internal T? Find(Node node)
    {
        if (node.Opened is not T opened)
            return null;
        if (_recent.First != node.Recency)
        {
            _recent.Remove(node.Recency!);
            _recent.AddFirst(node.Recency!);
        }

        opened.Acquire();
        return opened;
    }

    /// <summary>Keeps what was opened; takes over one user.</summary>
    internal void Keep(Node node, T opened)
    {
        Close(node);
        _held += opened.Descriptors;
        while (_held > limit && _recent.Last is { } oldest)
            Close(oldest.Value);
        node.Opened = opened;
        node.Recency = _recent.AddFirst(node);
    }

    internal void Close(Node node)
    {
        if (node.Opened is not T opened)
            return;
        _held -= opened.Descriptors;
        opened.Release();
        node.Opened = null;
        _recent.Remove(node.Recency!);
        node.Recency = null;
    }
}
