using System.Buffers.Text;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Inodes;

/// <summary>
/// Inodes below an open directory, by names that are bytes, as the kernel's are: nothing is followed, no mount is crossed, nothing is
/// opened but by <see cref="TryOpen"/>. Fails by errno, since others change these trees while we look.
/// </summary>
public static unsafe class Inode
{
    /// <summary>Longest name (NAME_MAX).</summary>
    public const int NameLimit = 255;

    /// <summary>Longest text of a link, or path (PATH_MAX), with its terminator.</summary>
    public const int PathLimit = 4096;

    private const ulong Here =
        LibC.RESOLVE_BENEATH | LibC.RESOLVE_NO_SYMLINKS | LibC.RESOLVE_NO_MAGICLINKS | LibC.RESOLVE_NO_XDEV;

    private const int ProcPathSize = 32;

    private static volatile bool s_hasNoListAt;

    /// <summary>What is there; an empty name means the directory (or whatever the descriptor is) itself.</summary>
    public static Errno TryStat(FileDescriptor directory, ReadOnlySpan<byte> name, out InodeStatus status)
    {
        status = default;
        if (name.Length > NameLimit)
            return Errno.ENAMETOOLONG;
        LibC.Statx s;
        var text = stackalloc byte[NameLimit + 1];
        name.CopyTo(new Span<byte>(text, NameLimit));
        text[name.Length] = 0;
        const int Flags = LibC.AT_SYMLINK_NOFOLLOW | LibC.AT_EMPTY_PATH | LibC.AT_NO_AUTOMOUNT;
        // SAFETY: a null-terminated name of at most 255 bytes; statx fills 256 bytes.
        var result = LibC.syscall(LibC.SYS_statx, directory.Number, (long)text, Flags, LibC.STATX_BASIC_STATS | LibC.STATX_BTIME, (long)(&s), 0);
        GC.KeepAlive(directory);
        if (result < 0)
            return KernelException.LastErrno;
        status = new InodeStatus
        {
            Mode = s.Mode,
            Links = s.Links,
            User = s.User,
            Group = s.Group,
            Inode = s.Inode,
            Size = s.Size,
            Blocks = s.Blocks,
            BlockSize = s.BlockSize,
            NodeMajor = s.NodeMajor,
            NodeMinor = s.NodeMinor,
            DeviceMajor = s.DeviceMajor,
            DeviceMinor = s.DeviceMinor,
            Accessed = new InodeTime(s.AccessedSeconds, s.AccessedNanoseconds),
            Modified = new InodeTime(s.ModifiedSeconds, s.ModifiedNanoseconds),
            Changed = new InodeTime(s.ChangedSeconds, s.ChangedNanoseconds),
            Born = (s.Mask & LibC.STATX_BTIME) != 0 ? new InodeTime(s.BirthSeconds, s.BirthNanoseconds) : null,
        };
        return Errno.None;
    }

    /// <summary>A reference (O_PATH) to what is there, of any type: no driver, no FIFO and no watcher learns of it.</summary>
    public static Errno TryReference(FileDescriptor directory, ReadOnlySpan<byte> name, out FileDescriptor? reference) =>
        TryOpenAt(directory, name, LibC.O_PATH | LibC.O_NOFOLLOW, out reference);

    /// <summary>A reference to a directory; ENOTDIR for anything else.</summary>
    public static Errno TryDirectory(FileDescriptor directory, ReadOnlySpan<byte> name, out FileDescriptor? reference) =>
        TryOpenAt(directory, name, LibC.O_PATH | LibC.O_NOFOLLOW | LibC.O_DIRECTORY, out reference);

    /// <summary>Opens a directory for listing, by a reference to it.</summary>
    public static Errno TryList(FileDescriptor reference, out FileDescriptor? directory) =>
        TryOpenAt(reference, "."u8, LibC.O_DIRECTORY, out directory);

    /// <summary>
    /// Opens for reading what a reference leads to; the caller has seen that it is a regular file. That very inode is opened, whatever
    /// its name leads to by now (proc_pid_fd(5)). EAGAIN, not a wait, where somebody holds a lease (fcntl(2), O_NONBLOCK).
    /// </summary>
    public static Errno TryOpen(FileDescriptor reference, out FileDescriptor? file)
    {
        file = null;
        var path = stackalloc byte[ProcPathSize];
        WriteProcPath(reference, path);
        var how = new LibC.OpenHow { Flags = LibC.O_CLOEXEC | LibC.O_NONBLOCK | LibC.O_NOCTTY };
        // SAFETY: a null-terminated path and a structure on the stack; the kernel only reads both.
        var number = LibC.syscall(LibC.SYS_openat2, LibC.AT_FDCWD, (long)path, (long)(&how), sizeof(LibC.OpenHow), 0, 0);
        GC.KeepAlive(reference);
        if (number < 0)
            return KernelException.LastErrno;
        file = new FileDescriptor((int)number);
        return Errno.None;
    }

    /// <summary>The text of a symbolic link; cut where <paramref name="target"/> ends.</summary>
    public static Errno TryReadLink(FileDescriptor directory, ReadOnlySpan<byte> name, Span<byte> target, out int length)
    {
        length = 0;
        if (name.Length > NameLimit)
            return Errno.ENAMETOOLONG;
        var text = stackalloc byte[NameLimit + 1];
        name.CopyTo(new Span<byte>(text, NameLimit));
        text[name.Length] = 0;
        long result;
        fixed (byte* into = target) // SAFETY: the kernel writes at most target.Length bytes and reads the null-terminated name.
            result = LibC.syscall(LibC.SYS_readlinkat, directory.Number, (long)text, (long)into, target.Length, 0, 0);
        GC.KeepAlive(directory);
        if (result < 0)
            return KernelException.LastErrno;
        length = (int)result;
        return Errno.None;
    }

    /// <summary>An extended attribute of what a reference leads to; with an empty buffer its length (getxattr(2)).</summary>
    public static Errno TryGetAttribute(FileDescriptor reference, ReadOnlySpan<byte> name, Span<byte> value, out int length)
    {
        length = 0;
        if (name.Length > NameLimit)
            return Errno.ENODATA;
        var path = stackalloc byte[ProcPathSize];
        WriteProcPath(reference, path);
        var text = stackalloc byte[NameLimit + 1];
        name.CopyTo(new Span<byte>(text, NameLimit));
        text[name.Length] = 0;
        long result;
        fixed (byte* into = value) // SAFETY: the kernel writes at most value.Length bytes and reads two null-terminated strings.
            result = LibC.syscall(LibC.SYS_getxattr, (long)path, (long)text, (long)into, value.Length, 0, 0);
        GC.KeepAlive(reference);
        if (result < 0)
            return KernelException.LastErrno;
        length = (int)result;
        return Errno.None;
    }

    /// <summary>The names of its extended attributes, each ended by a zero byte; with an empty buffer their length (listxattr(2)).</summary>
    public static Errno TryListAttributes(FileDescriptor reference, Span<byte> names, out int length)
    {
        length = 0;
        var path = stackalloc byte[ProcPathSize];
        WriteProcPath(reference, path);
        long result;
        fixed (byte* into = names) // SAFETY: the kernel writes at most names.Length bytes and reads a null-terminated path.
            result = LibC.syscall(LibC.SYS_listxattr, (long)path, (long)into, names.Length, 0, 0, 0);
        GC.KeepAlive(reference);
        if (result < 0)
            return KernelException.LastErrno;
        length = (int)result;
        return Errno.None;
    }

    /// <summary>The same of a name in a directory, in one call where there is one (listxattrat(2), from Linux 6.13 on).</summary>
    public static Errno TryListAttributes(FileDescriptor directory, ReadOnlySpan<byte> name, Span<byte> names, out int length)
    {
        length = 0;
        if (name.Length > NameLimit)
            return Errno.ENAMETOOLONG;
        if (!s_hasNoListAt)
        {
            var text = stackalloc byte[NameLimit + 1];
            name.CopyTo(new Span<byte>(text, NameLimit));
            text[name.Length] = 0;
            long result;
            // SAFETY: the kernel writes at most names.Length bytes and reads a null-terminated name. A link is not followed, and a name
            // without slashes leads no further.
            fixed (byte* into = names)
                result = LibC.syscall(LibC.SYS_listxattrat, directory.Number, (long)text, LibC.AT_SYMLINK_NOFOLLOW, (long)into, names.Length, 0);
            var errno = result < 0 ? KernelException.LastErrno : Errno.None;
            GC.KeepAlive(directory);
            s_hasNoListAt = errno == Errno.ENOSYS;
            if (!s_hasNoListAt)
            {
                length = Math.Max((int)result, 0);
                return errno;
            }
        }

        var opened = TryReference(directory, name, out var reference);
        using (reference)
            return opened == Errno.None ? TryListAttributes(reference!, names, out length) : opened;
    }

    /// <summary>What statfs(2) says of the file system that a reference lies in.</summary>
    public static Errno TryStatFileSystem(FileDescriptor reference, out FileSystemStatus status)
    {
        LibC.StatFs s;
        // SAFETY: fstatfs fills 120 bytes.
        var result = LibC.syscall(LibC.SYS_fstatfs, reference.Number, (long)(&s), 0, 0, 0, 0);
        GC.KeepAlive(reference);
        status = default;
        if (result < 0)
            return KernelException.LastErrno;
        status = new FileSystemStatus(
            s.Blocks, s.FreeBlocks, s.AvailableBlocks, s.Files, s.FreeFiles, s.BlockSize, s.NameLength, s.FragmentSize);
        return Errno.None;
    }

    /// <summary>Reads at a position; fewer bytes than asked for only at the end, or after an error.</summary>
    public static Errno TryRead(FileDescriptor file, Span<byte> into, ulong offset, out int count)
    {
        count = 0;
        while (count < into.Length)
        {
            long result;
            fixed (byte* start = into[count..]) // SAFETY: the kernel writes at most that many bytes.
                result = LibC.syscall(LibC.SYS_pread64, file.Number, (long)start, into.Length - count, (long)offset + count, 0, 0);
            GC.KeepAlive(file);
            if (result < 0 && KernelException.LastErrno == Errno.EINTR)
                continue;
            if (result < 0)
                return count > 0 ? Errno.None : KernelException.LastErrno;
            if (result == 0)
                break;
            count += (int)result;
        }

        return Errno.None;
    }

    /// <summary>lseek(2), of which SEEK_DATA and SEEK_HOLE depend on nothing but the file.</summary>
    public static Errno TrySeek(FileDescriptor file, ulong offset, int whence, out ulong position)
    {
        var result = LibC.syscall(LibC.SYS_lseek, file.Number, (long)offset, whence, 0, 0, 0);
        GC.KeepAlive(file);
        position = result < 0 ? 0 : (ulong)result;
        return result < 0 ? KernelException.LastErrno : Errno.None;
    }

    /// <summary>What lsattr(1) shows of an open file or directory (ioctl_iflags(2)); ENOTTY: its file system has no such thing.</summary>
    public static Errno TryGetFlags(FileDescriptor file, out uint flags)
    {
        // The number says long, the kernel writes an int.
        ulong room = 0;
        // SAFETY: eight bytes, of which the kernel writes at most all.
        var result = LibC.ioctl(file.Number, Abi.FuseProtocol.FS_IOC_GETFLAGS, (nuint)(&room));
        GC.KeepAlive(file);
        flags = (uint)room;
        return result < 0 ? KernelException.LastErrno : Errno.None;
    }

    /// <summary>The next entries of a directory (getdents64(2)), for <see cref="DirectoryEntries"/>; none at its end.</summary>
    public static Errno TryReadEntries(FileDescriptor directory, Span<byte> buffer, out int count)
    {
        long result;
        fixed (byte* start = buffer) // SAFETY: the kernel writes at most buffer.Length bytes.
            result = LibC.syscall(LibC.SYS_getdents64, directory.Number, (long)start, buffer.Length, 0, 0, 0);
        GC.KeepAlive(directory);
        count = result < 0 ? 0 : (int)result;
        return result < 0 ? KernelException.LastErrno : Errno.None;
    }

    private static Errno TryOpenAt(FileDescriptor directory, ReadOnlySpan<byte> name, int flags, out FileDescriptor? opened)
    {
        opened = null;
        if (name.Length > NameLimit)
            return Errno.ENAMETOOLONG;
        var how = new LibC.OpenHow { Flags = (ulong)(flags | LibC.O_CLOEXEC), Resolve = Here };
        var text = stackalloc byte[NameLimit + 1];
        name.CopyTo(new Span<byte>(text, NameLimit));
        text[name.Length] = 0;
        // SAFETY: a null-terminated name and a structure on the stack; the kernel only reads both.
        var number = LibC.syscall(LibC.SYS_openat2, directory.Number, (long)text, (long)(&how), sizeof(LibC.OpenHow), 0, 0);
        GC.KeepAlive(directory);
        if (number < 0)
            return KernelException.LastErrno;
        opened = new FileDescriptor((int)number);
        return Errno.None;
    }

    private static void WriteProcPath(FileDescriptor descriptor, byte* into)
    {
        var text = new Span<byte>(into, ProcPathSize);
        "/proc/self/fd/"u8.CopyTo(text);
        // At most ten digits.
        _ = Utf8Formatter.TryFormat(descriptor.Number, text["/proc/self/fd/".Length..], out var digits);
        into["/proc/self/fd/".Length + digits] = 0;
    }
}
