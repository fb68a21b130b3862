namespace HyperSpector.Linux.Calls;

/// <summary>What lstat(2) says of a directory's entry (statx(2)); times in nanoseconds since 1970.</summary>
public readonly record struct EntryStatus
{
    /// <summary>Type and permissions.</summary>
    public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    public uint User { get; init; }

    /// <summary>Its group.</summary>
    public uint Group { get; init; }

    /// <summary>Hard links.</summary>
    public uint Links { get; init; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; init; }

    /// <summary>Inode number.</summary>
    public ulong Inode { get; init; }

    /// <summary>Last change of the content, as somebody may have set it.</summary>
    public long Modified { get; init; }

    /// <summary>Last change of anything: nobody can set it.</summary>
    public long Changed { get; init; }

    /// <summary>Of a device node: its number, major in the upper half.</summary>
    public ulong Node { get; init; }

    /// <summary>The file system that it lies on, major in the upper half.</summary>
    public ulong Device { get; init; }

    /// <summary>A regular file.</summary>
    public bool IsRegular => (Mode & 0xf000) == 0x8000;

    /// <summary>A directory.</summary>
    public bool IsDirectory => (Mode & 0xf000) == 0x4000;

    /// <summary>A symbolic link.</summary>
    public bool IsLink => (Mode & 0xf000) == 0xa000;

    /// <summary>In an upper layer of an overlay: a character device 0:0, which says that what lower layers have there is deleted.</summary>
    public bool IsWhiteout => (Mode & 0xf000) == 0x2000 && Node == 0;
}
