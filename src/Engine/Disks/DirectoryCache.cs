namespace HyperSpector.Engine.Disks;

/// <summary>
/// The directories that are open, with at most so many descriptors: the one that was not used for longest is closed for a new one, and opened again by its
/// path when it is needed. Preconditions of everything: the tree's lock is held.
/// </summary>
internal sealed class DirectoryCache(int limit)
{
    private readonly LinkedList<Node> _recent = new();
    private int _held;

    /// <summary>The open directory of a node, for one more user; null if it is not open.</summary>
    internal LayeredDirectory? Find(Node node)
    {
        if (node.Directory is null)
            return null;
        if (_recent.First != node.Recency)
        {
            _recent.Remove(node.Recency!);
            _recent.AddFirst(node.Recency!);
        }

        return node.Directory.Acquire();
    }

    /// <summary>Keeps a directory that was opened; takes over one user.</summary>
    internal void Keep(Node node, LayeredDirectory directory)
    {
        Close(node);
        _held += directory.Descriptors;
        while (_held > limit && _recent.Last is { } oldest)
            Close(oldest.Value);
        node.Directory = directory;
        node.Recency = _recent.AddFirst(node);
    }

    internal void Close(Node node)
    {
        if (node.Directory is { } directory)
        {
            _held -= directory.Descriptors;
            directory.Release();
        }

        node.Directory = null;
        if (node.Recency is { } place)
            _recent.Remove(place);
        node.Recency = null;
    }
}
