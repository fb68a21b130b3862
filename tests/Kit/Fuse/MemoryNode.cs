using HyperSpector.Engine.Fuse;

namespace HyperSpector.Tests.Kit.Fuse;

/// <summary>A file of a <see cref="MemoryTree"/>.</summary>
public sealed class MemoryNode
{
    /// <summary>S_IFDIR.</summary>
    public const uint Directory = 0x4000;

    /// <summary>S_IFREG.</summary>
    public const uint Regular = 0x8000;

    /// <summary>S_IFLNK.</summary>
    public const uint Link = 0xa000;

    internal MemoryNode(ulong id, uint mode, MemoryNode? parent)
    {
        Id = id;
        Parent = parent ?? this;
        Attributes = new FuseAttributes
        {
            Inode = 1000 + id,
            Mode = mode,
            Links = 1,
            BlockSize = 4096,
            Accessed = new FuseTime(1_600_000_000, 1),
            Modified = new FuseTime(1_600_000_001, 2),
            Changed = new FuseTime(1_600_000_002, 3),
            Born = new FuseTime(1_500_000_000, 4),
        };
    }

    /// <summary>Its node number.</summary>
    public ulong Id { get; }

    /// <summary>Where ".." leads.</summary>
    public MemoryNode Parent { get; }

    /// <summary>What stat(2) shows; the size comes from <see cref="Content"/>.</summary>
    public FuseAttributes Attributes { get; set; }

    /// <summary>Bytes of a file, or text of a link.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>Of a file that the kernel is to read instead of <see cref="Content"/>.</summary>
    public int BackingId { get; set; }

    /// <summary>lsattr(1).</summary>
    public uint Flags { get; set; }

    /// <summary>Extended attributes.</summary>
    public IDictionary<string, byte[]> ExtendedAttributes { get; } = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);

    /// <summary>References that the kernel has, as far as we know.</summary>
    public long Lookups { get; internal set; }

    internal Dictionary<string, MemoryNode> Children { get; } = new(StringComparer.Ordinal);

    // In the order of listing; a name that is gone leaves a gap, so that positions stay.
    internal List<(byte[] Name, MemoryNode Node)?> Order { get; } = [];

    internal FuseAttributes Current => Attributes with
    {
        Size = (ulong)Content.Length,
        Blocks = (ulong)(Content.Length + 511) / 512,
    };

    internal bool Is(uint type) => (Attributes.Mode & 0xf000) == type;
}
