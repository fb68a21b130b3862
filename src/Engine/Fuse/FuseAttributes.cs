namespace HyperSpector.Engine.Fuse;

/// <summary>struct stat, in the terms of /dev/fuse. Ids are those of the mounting user namespace.</summary>
public readonly record struct FuseAttributes
{
    /// <summary>Inode number.</summary>
    public ulong Inode { get; init; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; init; }

    /// <summary>Blocks of 512 bytes.</summary>
    public ulong Blocks { get; init; }

    /// <summary>Last access, since 1970.</summary>
    public FuseTime Accessed { get; init; }

    /// <summary>Last change of the content.</summary>
    public FuseTime Modified { get; init; }

    /// <summary>Last change of anything.</summary>
    public FuseTime Changed { get; init; }

    /// <summary>When it was made (statx(2), STATX_BTIME); null: not known. Kernels before 6.6 do not ask.</summary>
    public FuseTime? Born { get; init; }

    /// <summary>Type and permissions.</summary>
    public uint Mode { get; init; }

    /// <summary>Hard links.</summary>
    public uint Links { get; init; }

    /// <summary>Owner.</summary>
    public uint User { get; init; }

    /// <summary>Its group.</summary>
    public uint Group { get; init; }

    /// <summary>Of a device: as the kernel encodes it (new_encode_dev).</summary>
    public uint Device { get; init; }

    /// <summary>Preferred size of a read.</summary>
    public uint BlockSize { get; init; }
}

/// <summary>A point in time: seconds since 1970 and nanoseconds.</summary>
public readonly record struct FuseTime(long Seconds, uint Nanoseconds);
