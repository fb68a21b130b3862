namespace HyperSpector.Linux.Inodes;

/// <summary>All of what statx(2) says of an inode that stat(2) would, without a single allocation: for walks over many.</summary>
public readonly record struct InodeStatus
{
    /// <summary>Bits of <see cref="Mode"/> that tell the type (inode(7)).</summary>
    public const uint TypeMask = 0xf000;

    /// <summary>Type of a socket.</summary>
    public const uint Socket = 0xc000;

    /// <summary>Type of a symbolic link.</summary>
    public const uint Link = 0xa000;

    /// <summary>Type of a regular file.</summary>
    public const uint Regular = 0x8000;

    /// <summary>Type of a directory.</summary>
    public const uint Directory = 0x4000;

    /// <summary>Type of a character device.</summary>
    public const uint CharacterDevice = 0x2000;

    /// <summary>Type and permissions.</summary>
    public uint Mode { get; init; }

    /// <summary>Hard links.</summary>
    public uint Links { get; init; }

    /// <summary>Owner.</summary>
    public uint User { get; init; }

    /// <summary>Its group.</summary>
    public uint Group { get; init; }

    /// <summary>Inode number.</summary>
    public ulong Inode { get; init; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; init; }

    /// <summary>Blocks of 512 bytes.</summary>
    public ulong Blocks { get; init; }

    /// <summary>Preferred size of a read or write.</summary>
    public uint BlockSize { get; init; }

    /// <summary>Of a device: its major number.</summary>
    public uint NodeMajor { get; init; }

    /// <summary>Of a device: its minor number.</summary>
    public uint NodeMinor { get; init; }

    /// <summary>The device that the inode lies on.</summary>
    public uint DeviceMajor { get; init; }

    /// <summary>Its minor number.</summary>
    public uint DeviceMinor { get; init; }

    /// <summary>Last access.</summary>
    public InodeTime Accessed { get; init; }

    /// <summary>Last change of the content.</summary>
    public InodeTime Modified { get; init; }

    /// <summary>Last change of anything.</summary>
    public InodeTime Changed { get; init; }

    /// <summary>When it was made; null where the file system does not know.</summary>
    public InodeTime? Born { get; init; }

    /// <summary>Its type, one of the constants of this structure.</summary>
    public uint Type => Mode & TypeMask;

    /// <summary>A regular file.</summary>
    public bool IsRegular => Type == Regular;

    /// <summary>A directory.</summary>
    public bool IsDirectory => Type == Directory;

    /// <summary>What overlayfs puts in the place of a lower file that was deleted: a character device 0:0.</summary>
    public bool IsWhiteout => Type == CharacterDevice && NodeMajor == 0 && NodeMinor == 0;
}

/// <summary>A point in time: seconds since 1970 and nanoseconds.</summary>
public readonly record struct InodeTime(long Seconds, uint Nanoseconds);

/// <summary>What statfs(2) says.</summary>
public readonly record struct FileSystemStatus(
    ulong Blocks, ulong FreeBlocks, ulong AvailableBlocks, ulong Files, ulong FreeFiles, long BlockSize, long NameLength, long FragmentSize);
