namespace HyperSpector.Engine.Disks;

/// <summary>
/// What tells that a name still leads to the same thing. A file that is copied up is another one from then on: what the kernel has open of
/// the lower one stays what it is (one backing file per node).
/// </summary>
/// <param name="Mount">Where it lies; null for a directory that only leads to a mount.</param>
/// <param name="Inode">As the server VM sees it.</param>
/// <param name="Type">Of the mode.</param>
/// <param name="IsUpper">Of files: the server VM has written it.</param>
internal readonly record struct NodeIdentity(DiskMount? Mount, ulong Inode, uint Type, bool IsUpper);

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

    /// <summary>An earlier process gave it to the kernel: how often, nobody knows. The kernel forgets all of it at once.</summary>
    internal bool IsRestored { get; init; }

    /// <summary>By name; null while there are none.</summary>
    internal Dictionary<byte[], Node>? Children { get; set; }

    /// <summary>Open, if it is a directory that was used lately.</summary>
    internal LayeredDirectory? Directory { get; set; }

    /// <summary>Its place among the open ones, the one used last in front.</summary>
    internal LinkedListNode<Node>? Recency { get; set; }

    /// <summary>Grows when its layers may be others: what is being opened meanwhile is opened anew.</summary>
    internal int Epoch { get; set; }

    /// <summary>Watches of its layers.</summary>
    internal int[] Watches { get; set; } = [];

    /// <summary>A descriptor of the IDS VM's is open; the attributes of a removed file are asked from it.</summary>
    internal OpenFile? Open { get; set; }

    internal bool IsRoot => id == NodeTable.RootId;

    internal bool IsMountRoot => point?.Mount is not null;

    internal bool IsDirectory => identity.Type == Linux.Inodes.InodeStatus.Directory;

    internal Node? Child(ReadOnlySpan<byte> named) =>
        Children is not null && Children.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(named, out var child) ? child : null;
}
