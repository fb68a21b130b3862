using System.Text;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>What the kernel knows about an inode (statx(2)); links are not followed.</summary>
/// <param name="Mode">Type and permission bits.</param>
/// <param name="User">Owner.</param>
/// <param name="Group">Group.</param>
/// <param name="Links">Hard links.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="Device">Device that it lies on, <c>major:minor</c>.</param>
/// <param name="ModifiedSeconds">Last change of the content, seconds since 1970.</param>
/// <param name="ModifiedNanoseconds">And the rest of it.</param>
/// <param name="ChangedSeconds">Last change of content, mode or owner, seconds since 1970: nobody can set it back.</param>
/// <param name="ChangedNanoseconds">And the rest of it.</param>
public sealed record NodeStatus(
    uint Mode,
    uint User,
    uint Group,
    uint Links,
    ulong Size,
    ulong Inode,
    string Device,
    long ModifiedSeconds,
    uint ModifiedNanoseconds,
    long ChangedSeconds,
    uint ChangedNanoseconds)
{
    private const uint S_IFMT = 0xf000, S_IFREG = 0x8000, S_IFDIR = 0x4000, S_IFLNK = 0xa000, S_IFIFO = 0x1000;

    /// <summary>A regular file.</summary>
    public bool IsRegular => (Mode & S_IFMT) == S_IFREG;

    /// <summary>A directory.</summary>
    public bool IsDirectory => (Mode & S_IFMT) == S_IFDIR;

    /// <summary>A symbolic link.</summary>
    public bool IsLink => (Mode & S_IFMT) == S_IFLNK;

    /// <summary>A FIFO.</summary>
    public bool IsFifo => (Mode & S_IFMT) == S_IFIFO;

    /// <summary>Everybody may read it (and enter it, if it is a directory).</summary>
    public bool IsWorldReadable => IsDirectory ? (Mode & 5) == 5 : (Mode & 4) != 0;

    /// <summary>Permission bits with set-user-id, set-group-id and sticky.</summary>
    public uint Permissions => Mode & 0xFFF;

    /// <summary>Of a path; null if there is nothing.</summary>
    public static NodeStatus? TryOf(string path)
    {
        var status = Read(LibC.AT_FDCWD, path, LibC.AT_SYMLINK_NOFOLLOW, out var errno);
        if (errno == Errno.None)
            return status;
        return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw new KernelException("statx", errno, path);
    }

    /// <summary>Of an open file or reference.</summary>
    public static NodeStatus Of(FileDescriptor descriptor)
    {
        var status = Read(descriptor.Number, "", LibC.AT_EMPTY_PATH, out var errno);
        GC.KeepAlive(descriptor);
        return errno == Errno.None ? status : throw new KernelException("statx", errno, $"descriptor {descriptor.Number}");
    }

    private static unsafe NodeStatus Read(int directory, string path, int flags, out Errno errno)
    {
        LibC.Statx s = default;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
        {
            // SAFETY: a null-terminated path, alive during the call; statx fills 256 bytes.
            var result = LibC.syscall(LibC.SYS_statx, directory, (long)name, flags, LibC.STATX_BASIC_STATS, (long)(&s), 0);
            errno = result == 0 ? Errno.None : KernelException.LastErrno;
        }

        return new NodeStatus(
            s.Mode, s.User, s.Group, s.Links, s.Size, s.Inode, $"{s.DeviceMajor}:{s.DeviceMinor}",
            s.ModifiedSeconds, s.ModifiedNanoseconds, s.ChangedSeconds, s.ChangedNanoseconds);
    }
}
