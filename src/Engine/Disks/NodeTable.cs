namespace HyperSpector.Engine.Disks;

/// <summary>All nodes of a view, by the ids that the kernel knows them by. Preconditions of everything: the tree's lock is held.</summary>
internal sealed class NodeTable
{
    /// <summary>FUSE_ROOT_ID.</summary>
    internal const ulong RootId = 1;

    // More nodes than fit into memory, and more lives than there will be.
    internal const int LifeShift = 40;

    // A number is never used twice: a kernel that still knew the first of two nodes would take one file for another.
    private readonly Dictionary<ulong, Node> _nodes = [];
    private readonly NodeJournal? _journal;
    private ulong _last;

    internal NodeTable(NodeIdentity root, MountPoint point, ulong life, NodeJournal? journal)
    {
        _journal = journal;
        _last = life << LifeShift;
        End = (life + 1) << LifeShift;
        Root = new Node(RootId, null, [], root, point);
        _nodes[RootId] = Root;
    }

    internal Node Root { get; }

    /// <summary>Where the numbers of this life end.</summary>
    internal ulong End { get; }

    internal int Count => _nodes.Count;

    /// <summary>Every node.</summary>
    internal IEnumerable<Node> All => _nodes.Values;

    internal Node? Find(ulong id) => _nodes.GetValueOrDefault(id);

    /// <summary>A node that the kernel is given for the first time.</summary>
    internal Node Add(Node parent, ReadOnlySpan<byte> name, NodeIdentity identity, MountPoint? point)
    {
        var node = new Node(++_last, parent, name.ToArray(), identity, point) { Lookups = 1 };
        Put(node);
        _journal?.Added(node);
        return node;
    }

    /// <summary>
    /// The kernel is given a node once more. Noted, for whoever comes after us, before the kernel hears of it: it may have forgotten a node, in a message
    /// that waits, and be given it anew, and only the numbers tell that it still has it.
    /// </summary>
    internal void Refer(Node node)
    {
        node.Lookups++;
        _journal?.Counted(node);
    }

    /// <summary>The kernel gives up references to a node; how many it had, we know better.</summary>
    internal void Forget(Node node, ulong lookups)
    {
        node.Lookups = node.IsUncounted ? 0 : node.Lookups - Math.Min(node.Lookups, lookups);
        if (node.Lookups > 0)
            _journal?.Counted(node);
    }

    /// <summary>Takes over what an earlier process of the same life has noted.</summary>
    /// <param name="noted">The nodes, parents first.</param>
    /// <param name="last">The last number that was used.</param>
    /// <param name="mounts">All mounts of the view, by their numbers.</param>
    internal void Restore(IEnumerable<NodeJournal.Entry> noted, ulong last, IReadOnlyDictionary<int, DiskMount> mounts)
    {
        _last = Math.Max(_last, last);
        foreach (var entry in noted)
        {
            if (!ByteNames.IsName(entry.Name) || (entry.Mount >= 0 && !mounts.ContainsKey(entry.Mount)))
                continue;
            var above = Find(entry.Parent);
            var parent = entry.IsDetached ? null : above;
            var identity = new NodeIdentity(mounts.GetValueOrDefault(entry.Mount), entry.Inode, entry.Type, entry.IsUpper);
            Put(new Node(entry.Id, parent, entry.Name, identity, parent?.Point?.Find(entry.Name))
            {
                IsUncounted = entry.Lookups == 0,
                Lookups = Math.Max(1, entry.Lookups),
                NotedAt = entry.At,
                FormerParent = entry.IsDetached && identity.IsLower ? above : null,
            });
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
        if (node.Identity.IsLower)
            node.FormerParent = node.Parent;
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
            _ = _nodes.Remove(at.Id);
            _journal?.Removed(at);
            removed(at);
        }
    }

    private void Put(Node node)
    {
        _nodes[node.Id] = node;
        if (node.Parent is not { } parent)
            return;
        parent.Children ??= new Dictionary<byte[], Node>(ByteNames.Comparer);
        parent.Children[node.Name] = node;
    }
}
