using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>Making inodes that .NET does not know, and giving them what they had elsewhere.</summary>
public static class Nodes
{
    /// <summary>Makes a FIFO (mkfifo(3)); false if something of that name exists.</summary>
    public static bool MakeFifo(string path, uint mode)
    {
        if (LibC.mknod(path, LibC.S_IFIFO | mode, 0) == 0)
            return true;
        var errno = KernelException.LastErrno;
        return errno == Errno.EEXIST ? false : throw new KernelException("mknod", errno, path);
    }

    /// <summary>Makes a character device.</summary>
    public static void MakeCharacterDevice(string path, uint major, uint minor)
    {
        // makedev(3): 12 + 20 bits of the major number around 8 + 24 of the minor.
        var device = ((major & 0xFFFUL) << 8) | ((major & ~0xFFFUL) << 32) | (minor & 0xFFUL) | ((minor & ~0xFFUL) << 12);
        _ = KernelException.Check(LibC.mknod(path, LibC.S_IFCHR | 0x180 /* 0600 */, device), "mknod", path);
    }

    /// <summary>Makes an overlayfs whiteout: a character device 0:0, which hides what lower layers have at that path.</summary>
    public static void MakeWhiteout(string path) =>
        _ = KernelException.Check(LibC.mknod(path, LibC.S_IFCHR, 0), "mknod", path);

    /// <summary>Makes a directory opaque for overlayfs: what lower layers have in it is hidden.</summary>
    public static unsafe void MakeOpaque(string path)
    {
        var yes = (byte)'y';
        // SAFETY: one byte, on the stack.
        _ = KernelException.Check(LibC.lsetxattr(path, "trusted.overlay.opaque", &yes, 1, 0), "lsetxattr", path);
    }

    /// <summary>Sets an extended attribute; links are not followed.</summary>
    public static unsafe void SetAttribute(string path, string name, ReadOnlySpan<byte> value)
    {
        fixed (byte* start = value) // SAFETY: the kernel reads value.Length bytes.
            _ = KernelException.Check(LibC.lsetxattr(path, name, start, (nuint)value.Length, 0), "lsetxattr", path);
    }

    /// <summary>Owner, permissions (not of a link) and modification time of <paramref name="from"/>; links are not followed.</summary>
    public static unsafe void CopyAttributes(NodeStatus from, string path)
    {
        Own(path, from.User, from.Group);
        if (!from.IsLink)
            SetMode(path, from.Permissions);
        var times = stackalloc LibC.TimeSpec[2];
        times[0] = times[1] = new LibC.TimeSpec { Seconds = from.ModifiedSeconds, Nanoseconds = from.ModifiedNanoseconds };
        // SAFETY: exactly two time stamps, as utimensat(2) reads.
        _ = KernelException.Check(LibC.utimensat(LibC.AT_FDCWD, path, times, LibC.AT_SYMLINK_NOFOLLOW), "utimensat", path);
    }

    /// <summary>Sets all twelve permission bits; follows links, so only for what we have made ourselves.</summary>
    public static void SetMode(string path, uint mode) => _ = KernelException.Check(LibC.chmod(path, mode), "chmod", path);

    /// <summary>Sets owner and group; links are not followed.</summary>
    public static void Own(string path, uint user, uint group) =>
        _ = KernelException.Check(LibC.lchown(path, user, group), "lchown", path);

    /// <summary>Makes a further name of a file (link(2)); a link itself gets it, not what it leads to.</summary>
    public static void Link(string existing, string path) => _ = KernelException.Check(LibC.link(existing, path), "link", path);

    /// <summary>Makes a symbolic link whose text is exactly <paramref name="target"/>.</summary>
    public static void LinkTo(string target, string path) => _ = KernelException.Check(LibC.symlink(target, path), "symlink", path);

    /// <summary>Sets the time of the last change; links are not followed.</summary>
    public static unsafe void SetModified(string path, long seconds)
    {
        var times = stackalloc LibC.TimeSpec[2];
        times[0] = times[1] = new LibC.TimeSpec { Seconds = seconds };
        // SAFETY: exactly two time stamps, as utimensat(2) reads.
        _ = KernelException.Check(LibC.utimensat(LibC.AT_FDCWD, path, times, LibC.AT_SYMLINK_NOFOLLOW), "utimensat", path);
    }

    /// <summary>Makes a directory <paramref name="name"/> in an open one, owned as told; it may exist already.</summary>
    public static void MakeDirectoryIn(FileDescriptor directory, string name, uint owner)
    {
        if (LibC.mkdirat(directory.Number, name, 0x1ED /* 0755 */) != 0)
        {
            var errno = KernelException.LastErrno;
            if (errno == Errno.EEXIST)
                return;
            throw new KernelException("mkdirat", errno, name);
        }

        _ = KernelException.Check(
            LibC.fchownat(directory.Number, name, owner, owner, LibC.AT_SYMLINK_NOFOLLOW), "fchownat", name);
        GC.KeepAlive(directory);
    }

    /// <summary>Makes an empty regular file <paramref name="name"/> in an open directory, owned as told; it may exist already.</summary>
    public static void MakeFileIn(FileDescriptor directory, string name, uint owner)
    {
        if (LibC.mknodat(directory.Number, name, LibC.S_IFREG | 0x1A4 /* 0644 */, 0) != 0)
        {
            var errno = KernelException.LastErrno;
            if (errno == Errno.EEXIST)
                return;
            throw new KernelException("mknodat", errno, name);
        }

        _ = KernelException.Check(
            LibC.fchownat(directory.Number, name, owner, owner, LibC.AT_SYMLINK_NOFOLLOW), "fchownat", name);
        GC.KeepAlive(directory);
    }

    /// <summary>Opens an existing FIFO for reading and writing: opening never waits, and no writer ever sees it closed (fifo(7)).</summary>
    public static FileDescriptor OpenFifo(string path)
    {
        var descriptor = new FileDescriptor(KernelException.Check(
            LibC.open(path, LibC.O_RDWR | LibC.O_CLOEXEC | LibC.O_NOFOLLOW | LibC.O_NOCTTY, 0), "open", path));
        if (NodeStatus.Of(descriptor).IsFifo)
            return descriptor;
        descriptor.Dispose();
        throw new KernelException("open", Errno.EINVAL, $"{path} is not a FIFO");
    }

    /// <summary>Opens /dev/null.</summary>
    public static FileDescriptor OpenNull() =>
        new(KernelException.Check(LibC.open("/dev/null", LibC.O_RDWR | LibC.O_CLOEXEC, 0), "open", "/dev/null"));
}
