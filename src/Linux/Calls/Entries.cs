using System.Globalization;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>
/// Entries of open directories, named by the bytes that the kernel gave: a name need not be text. No call follows a link, waits for a
/// FIFO's other end or leads anywhere but to the entry itself. Every name ends with a zero byte, as lists of names hold it.
/// </summary>
public static unsafe class Entries
{
    // "/proc/self/fd/", ten digits, a slash, a name of NAME_MAX and its zero.
    private const int ProcPathLength = 14 + 10 + 1 + 256;

    /// <summary>Opens a directory.</summary>
    public static Errno TryOpenDirectory(FileDescriptor directory, ReadOnlySpan<byte> name, out FileDescriptor? opened) =>
        Open(directory, name, LibC.O_DIRECTORY | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, out opened);

    /// <summary>Opens a file for reading; the caller looks at what it got before it reads.</summary>
    public static Errno TryOpenFile(FileDescriptor directory, ReadOnlySpan<byte> name, out FileDescriptor? opened) =>
        Open(directory, name, LibC.O_NONBLOCK | LibC.O_NOFOLLOW | LibC.O_NOCTTY | LibC.O_CLOEXEC, out opened);

    /// <summary>What an entry is.</summary>
    public static Errno TryStatus(FileDescriptor directory, ReadOnlySpan<byte> name, out EntryStatus status)
    {
        CheckName(name);
        fixed (byte* start = name) // SAFETY: ends with a zero, as checked.
            return Status(directory, start, LibC.AT_SYMLINK_NOFOLLOW, out status);
    }

    /// <summary>What an open file is.</summary>
    public static Errno TryStatus(FileDescriptor file, out EntryStatus status)
    {
        byte empty = 0;
        return Status(file, &empty, LibC.AT_EMPTY_PATH, out status);
    }

    /// <summary>Lists a directory from its beginning again.</summary>
    public static Errno TryRewind(FileDescriptor directory) =>
        Counted(LibC.syscall(LibC.SYS_lseek, directory.Number, 0, 0, 0, 0, 0), directory, out _);

    /// <summary>
    /// The next entries of a directory, as getdents64(2) writes them; 0 at the end. <see cref="DirectoryEntry.Next"/> reads them.
    /// </summary>
    public static Errno TryList(FileDescriptor directory, Span<byte> buffer, out int count)
    {
        long result;
        fixed (byte* start = buffer) // SAFETY: the kernel writes at most buffer.Length bytes.
            result = LibC.syscall(LibC.SYS_getdents64, directory.Number, (long)start, buffer.Length, 0, 0, 0);
        return Counted(result, directory, out count);
    }

    /// <summary>The text of a symbolic link; one that fills the buffer may be longer.</summary>
    public static Errno TryReadLink(FileDescriptor directory, ReadOnlySpan<byte> name, Span<byte> buffer, out int count)
    {
        CheckName(name);
        long result;
        fixed (byte* start = name, into = buffer) // SAFETY: the name ends with a zero; the kernel writes at most buffer.Length bytes.
            result = LibC.syscall(LibC.SYS_readlinkat, directory.Number, (long)start, (long)into, buffer.Length, 0, 0);
        return Counted(result, directory, out count);
    }

    /// <summary>The names of an entry's extended attributes, each ended by a zero (listxattr(2)).</summary>
    public static Errno TryListAttributes(FileDescriptor directory, ReadOnlySpan<byte> name, Span<byte> buffer, out int count)
    {
        var path = stackalloc byte[ProcPathLength];
        if (!TryPath(directory, name, new Span<byte>(path, ProcPathLength)))
            return Failed(Errno.ENAMETOOLONG, out count);
        long result;
        fixed (byte* into = buffer) // SAFETY: a path that ends with a zero; the kernel writes at most buffer.Length bytes.
            result = LibC.syscall(LibC.SYS_llistxattr, (long)path, (long)into, buffer.Length, 0, 0, 0);
        return Counted(result, directory, out count);
    }

    /// <summary>An extended attribute of an entry (getxattr(2)).</summary>
    public static Errno TryGetAttribute(
        FileDescriptor directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, Span<byte> buffer, out int count)
    {
        CheckName(attribute);
        var path = stackalloc byte[ProcPathLength];
        if (!TryPath(directory, name, new Span<byte>(path, ProcPathLength)))
            return Failed(Errno.ENAMETOOLONG, out count);
        long result;
        fixed (byte* key = attribute, into = buffer) // SAFETY: both strings end with a zero; at most buffer.Length bytes are written.
            result = LibC.syscall(LibC.SYS_lgetxattr, (long)path, (long)key, (long)into, buffer.Length, 0, 0);
        return Counted(result, directory, out count);
    }

    /// <summary>An extended attribute of an open file or directory.</summary>
    public static Errno TryGetAttribute(FileDescriptor file, ReadOnlySpan<byte> attribute, Span<byte> buffer, out int count)
    {
        CheckName(attribute);
        long result;
        fixed (byte* key = attribute, into = buffer) // SAFETY: the name ends with a zero; at most buffer.Length bytes are written.
            result = LibC.syscall(LibC.SYS_fgetxattr, file.Number, (long)key, (long)into, buffer.Length, 0, 0);
        return Counted(result, file, out count);
    }

    private static Errno Open(FileDescriptor directory, ReadOnlySpan<byte> name, int flags, out FileDescriptor? opened)
    {
        CheckName(name);
        var how = new LibC.OpenHow { Flags = (ulong)flags, Resolve = LibC.RESOLVE_BENEATH | LibC.RESOLVE_NO_SYMLINKS | LibC.RESOLVE_NO_MAGICLINKS };
        while (true)
        {
            long result;
            fixed (byte* start = name) // SAFETY: ends with a zero; a structure of 24 bytes that the kernel only reads.
                result = LibC.syscall(LibC.SYS_openat2, directory.Number, (long)start, (long)&how, sizeof(LibC.OpenHow), 0, 0);
            GC.KeepAlive(directory);
            opened = result < 0 ? null : new FileDescriptor((int)result);
            if (result >= 0)
                return Errno.None;
            // EAGAIN: a rename happened while RESOLVE_BENEATH looked; the kernel asks us to look again.
            if (KernelException.LastErrno is not (Errno.EINTR or Errno.EAGAIN))
                return KernelException.LastErrno;
        }
    }

    private static Errno Status(FileDescriptor directory, byte* path, int flags, out EntryStatus status)
    {
        LibC.Statx s = default;
        // SAFETY: a path that ends with a zero; statx fills 256 bytes.
        var result = LibC.syscall(LibC.SYS_statx, directory.Number, (long)path, flags, LibC.STATX_BASIC_STATS, (long)(&s), 0);
        GC.KeepAlive(directory);
        status = new EntryStatus
        {
            Mode = s.Mode,
            User = s.User,
            Group = s.Group,
            Links = s.Links,
            Size = s.Size,
            Inode = s.Inode,
            Modified = Nanoseconds(s.ModifiedSeconds, s.ModifiedNanoseconds),
            Changed = Nanoseconds(s.ChangedSeconds, s.ChangedNanoseconds),
            Node = ((ulong)s.NodeMajor << 32) | s.NodeMinor,
            Device = ((ulong)s.DeviceMajor << 32) | s.DeviceMinor,
        };
        return result == 0 ? Errno.None : KernelException.LastErrno;
    }

    // Wraps for years beyond 2262, which only somebody who sets them so has: they still differ from others.
    private static long Nanoseconds(long seconds, uint rest) => unchecked((seconds * 1_000_000_000) + rest);

    // The calls for attributes take paths only; this one leads to the open directory itself, and the entry's name is not followed.
    private static bool TryPath(FileDescriptor directory, ReadOnlySpan<byte> name, Span<byte> path)
    {
        CheckName(name);
        "/proc/self/fd/"u8.CopyTo(path);
        _ = directory.Number.TryFormat(path[14..], out var digits, provider: CultureInfo.InvariantCulture);
        var rest = path[(14 + digits)..];
        rest[0] = (byte)'/';
        return name.TryCopyTo(rest[1..]);
    }

    private static void CheckName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name[^1] != 0)
            throw new ArgumentException("a name must end with a zero byte", nameof(name));
    }

    private static Errno Counted(long result, FileDescriptor alive, out int count)
    {
        GC.KeepAlive(alive);
        count = (int)Math.Max(result, 0);
        return result < 0 ? KernelException.LastErrno : Errno.None;
    }

    private static Errno Failed(Errno errno, out int count)
    {
        count = 0;
        return errno;
    }
}
