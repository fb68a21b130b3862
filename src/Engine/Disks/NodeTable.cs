namespace HyperSpector.Engine.Disks;

/// <summary>All nodes of a view, by the ids that the kernel knows them by. Preconditions of everything: the tree's lock is held.</summary>
internal sealed class NodeTable
{
    /// <summary>FUSE_ROOT_ID.</summary>
    internal const ulong RootId = 1;

    // More nodes than fit into memory, and more lives than there will be.
    internal const int LifeShift = 40;

    private readonly List<Node?> _nodes = [null];
    private readonly Stack<int> _free = new();
    private readonly ulong _first;
    private ulong _generation;

    private readonly NodeJournal? _journal;

    internal NodeTable(NodeIdentity root, MountPoint point, ulong life, NodeJournal? journal)
    {
        _journal = journal;
        _first = life << LifeShift;
        Root = new Node(RootId, ++_generation, null, [], root, point);
        _nodes.Add(Root);
    }

    internal Node Root { get; }

    internal int Count => _nodes.Count - 1 - _free.Count;

    /// <summary>Every node.</summary>
    internal IEnumerable<Node> All => _nodes.OfType<Node>();

    internal Node? Find(ulong id)
    {
        if (id == RootId)
            return Root;
        return id > _first && id - _first < (ulong)_nodes.Count ? _nodes[(int)(id - _first)] : null;
    }

    internal Node Add(Node parent, ReadOnlySpan<byte> name, NodeIdentity identity, MountPoint? point)
    {
        var place = _free.Count > 0 ? _free.Pop() : _nodes.Count;
        var node = new Node(_first + (ulong)place, ++_generation, parent, name.ToArray(), identity, point);
        if (place == _nodes.Count)
            _nodes.Add(node);
        else
            _nodes[place] = node;
        parent.Children ??= new Dictionary<byte[], Node>(ByteNames.Comparer);
        parent.Children[node.Name] = node;
        _journal?.Added(node);
        return node;
    }

    /// <summary>Takes over what an earlier process of the same life has noted.</summary>
    /// <param name="noted">The nodes.</param>
    /// <param name="mounts">All mounts of the view, by their numbers.</param>
    internal void Restore(IEnumerable<NodeJournal.Entry> noted, IReadOnlyDictionary<int, DiskMount> mounts)
    {
        foreach (var entry in noted)
        {
            var place = (long)(entry.Id - _first);
            if (place is < 2 or > int.MaxValue || (entry.Mount >= 0 && !mounts.ContainsKey(entry.Mount)))
                continue;
            var parent = entry.IsDetached ? null : Find(entry.Parent);
            var identity = new NodeIdentity(mounts.GetValueOrDefault(entry.Mount), entry.Inode, entry.Type, entry.IsUpper);
            var node = new Node(entry.Id, entry.Generation, parent, entry.Name, identity, parent?.Point?.Find(entry.Name)) { IsRestored = true };
            while (_nodes.Count <= place)
                _nodes.Add(null);
            _nodes[(int)place] = node;
            _generation = Math.Max(_generation, entry.Generation);
            if (parent is null)
                continue;
            parent.Children ??= new Dictionary<byte[], Node>(ByteNames.Comparer);
            parent.Children[node.Name] = node;
        }

        for (var place = 2; place < _nodes.Count; place++)
        {
            if (_nodes[place] is null)
                _free.Push(place);
        }
    }

    /// <summary>Every node but the root is noted from now on.</summary>
    internal void BeginJournal() => _journal?.Begin(() => All.Where(n => !n.IsRoot));

    /// <summary>The name leads elsewhere: the node is kept for who has it open, until the kernel forgets it.</summary>
    internal void Detach(Node node)
    {
        if (node.Parent is null)
            return;
        _ = node.Parent.Children?.Remove(node.Name);
        node.Parent = null;
        _journal?.Detached(node);
    }

    /// <summary>Removes a node that nobody knows any more, and those above it of which the same is true.</summary>
    /// <param name="node">Where to begin.</param>
    /// <param name="removed">Told of each.</param>
    internal void RemoveUnknown(Node node, Action<Node> removed)
    {
        for (Node? at = node, next; at is { IsRoot: false, Lookups: 0 } && !(at.Children?.Count > 0); at = next)
        {
            next = at.Parent;
            _ = next?.Children?.Remove(at.Name);
            at.Parent = null;
            _journal?.Removed(at);
            var place = (int)(at.Id - _first);
            _nodes[place] = null;
            _free.Push(place);
            removed(at);
        }
    }
}
