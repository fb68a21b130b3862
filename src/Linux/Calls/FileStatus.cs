using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>What an open descriptor leads to (statx(2)).</summary>
/// <param name="Mode">Type and permissions.</param>
/// <param name="User">Owner.</param>
/// <param name="Group">Its group.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="Size">Bytes.</param>
/// <param name="BirthNanoseconds">When the inode was made, nanoseconds since 1970; 0 where the file system does not keep it.</param>
public readonly record struct FileStatus(int Mode, uint User, uint Group, ulong Inode, long Size, long BirthNanoseconds)
{
    private const int S_IFMT = 0xf000, S_IFREG = 0x8000, S_IFDIR = 0x4000, S_IFLNK = 0xa000, S_IFIFO = 0x1000;

    /// <summary>A regular file.</summary>
    public bool IsRegular => (Mode & S_IFMT) == S_IFREG;

    /// <summary>A directory.</summary>
    public bool IsDirectory => (Mode & S_IFMT) == S_IFDIR;

    /// <summary>What it is, for people.</summary>
    public string TypeName => (Mode & S_IFMT) switch
    {
        S_IFREG => "regular file",
        S_IFDIR => "directory",
        S_IFLNK => "symbolic link",
        S_IFIFO => "FIFO",
        0xc000 => "socket",
        _ => "device",
    };

    /// <summary>Of an open descriptor; O_PATH is enough.</summary>
    public static unsafe FileStatus Of(FileDescriptor descriptor)
    {
        LibC.Statx status;
        byte empty = 0;
        // SAFETY: an empty path with AT_EMPTY_PATH means the descriptor itself; statx fills 256 bytes.
        var result = LibC.syscall(
            LibC.SYS_statx,
            descriptor.Number,
            (long)(&empty),
            LibC.AT_EMPTY_PATH,
            LibC.STATX_BASIC_STATS | LibC.STATX_BTIME,
            (long)(&status),
            0);
        if (result < 0)
            throw new KernelException("statx", KernelException.LastErrno, $"descriptor {descriptor.Number}");
        GC.KeepAlive(descriptor);
        var birth = (status.Mask & LibC.STATX_BTIME) == 0 ? 0 : (status.BirthSeconds * 1_000_000_000) + status.BirthNanoseconds;
        return new FileStatus(status.Mode, status.User, status.Group, status.Inode, (long)status.Size, birth);
    }
}
