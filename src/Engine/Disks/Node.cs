namespace HyperSpector.Engine.Disks;

/// <summary>
/// What tells that a name still leads to the same thing. A file that is copied up is another one from then on: what the kernel has open of
/// the lower one stays what it is (one backing file per node).
/// </summary>
/// <param name="Mount">Where it lies; null for a directory that only leads to a mount.</param>
/// <param name="Inode">As the server VM sees it.</param>
/// <param name="Type">Of the mode.</param>
/// <param name="IsUpper">Of files: the server VM has written it.</param>
internal readonly record struct NodeIdentity(DiskMount? Mount, ulong Inode, uint Type, bool IsUpper)
{
    /// <summary>It lies in a lower layer, and stays there whatever its name leads to.</summary>
    internal bool IsLower => !IsUpper && Mount is { IsUnion: true };
}

/// <summary>A name in a view that the IDS VM's kernel knows. Guarded by the tree's lock, but for what never changes.</summary>
internal sealed class Node(ulong id, Node? parent, byte[] name, NodeIdentity identity, MountPoint? point)
{
    internal ulong Id => id;

    internal byte[] Name => name;

    internal NodeIdentity Identity => identity;

    /// <summary>Something is mounted here or below.</summary>
    internal MountPoint? Point => point;

    /// <summary>Null for the root, and for a node whose name leads elsewhere by now.</summary>
    internal Node? Parent { get; set; } = parent;

    /// <summary>References of the kernel.</summary>
    internal ulong Lookups { get; set; }

    /// <summary>An earlier version of ours gave it to the kernel: how often, nobody knows. The kernel forgets all of it at once.</summary>
    internal bool IsUncounted { get; init; }

    /// <summary>Its place in the journal.</summary>
    internal long NotedAt { get; set; }

    /// <summary>By name; null while there are none.</summary>
    internal Dictionary<byte[], Node>? Children { get; set; }

    /// <summary>Of a file of a lower layer whose name leads elsewhere by now: the directory that had it, and in that layer still has.</summary>
    internal Node? FormerParent { get; set; }

    /// <summary>Open, if it was used lately: a <see cref="LayeredDirectory"/> or an <see cref="OpenFile"/>.</summary>
    internal Opened? Opened { get; set; }

    /// <summary>Its place among the open ones, the one used last in front.</summary>
    internal LinkedListNode<Node>? Recency { get; set; }

    /// <summary>Grows when its layers may be others: what is being opened meanwhile is opened anew.</summary>
    internal int Epoch { get; set; }

    /// <summary>Watches of its layers.</summary>
    internal int[] Watches { get; set; } = [];

    /// <summary>The kernel may keep data of it that nobody tells the end of; they will be withdrawn.</summary>
    internal bool IsExpiring { get; set; }

    internal bool IsRoot => id == NodeTable.RootId;

    internal bool IsMountRoot => point?.Mount is not null;

    internal bool IsDirectory => identity.Type == Linux.Inodes.InodeStatus.Directory;

    internal Node? Child(ReadOnlySpan<byte> named) =>
        Children is not null && Children.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(named, out var child) ? child : null;
}
