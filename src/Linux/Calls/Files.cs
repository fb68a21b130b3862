using System.Text;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>Opening files where somebody hostile may have put something else in their place (openat2(2)).</summary>
public static class Files
{
    private const int UntrustedRead = LibC.O_NONBLOCK | LibC.O_NOFOLLOW | LibC.O_CLOEXEC;
    private const ulong Beneath = LibC.RESOLVE_BENEATH | LibC.RESOLVE_NO_SYMLINKS | LibC.RESOLVE_NO_MAGICLINKS;

    /// <summary>Opens a place without access to its contents (O_PATH), following links: for paths that we chose.</summary>
    public static FileDescriptor OpenPath(string path) => Checked(Open(null, path, LibC.O_PATH | LibC.O_CLOEXEC, 0, 0), path);

    /// <summary>Opens a directory of ours; its last component must not be a link.</summary>
    public static FileDescriptor OpenDirectory(string path) =>
        Checked(Open(null, path, LibC.O_DIRECTORY | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, 0, 0), path);

    /// <summary>Opens a regular file of ours for reading.</summary>
    public static FileDescriptor OpenRead(string path) => Checked(Open(null, path, LibC.O_CLOEXEC, 0, 0), path);

    /// <summary>
    /// Opens a FIFO for reading and writing, without waiting: it never reports its end, and those who write to it never get
    /// SIGPIPE while we, or somebody who inherits it, live.
    /// </summary>
    public static FileDescriptor OpenFifo(string path) =>
        Checked(Open(null, path, LibC.O_RDWR | LibC.O_NONBLOCK | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, 0, 0), path);

    /// <summary>
    /// Opens a file in a directory that others write to, for reading: no link is followed, nothing outside is reached, and no
    /// FIFO or device can hold us up. The caller checks with <see cref="FileStatus"/> what it got.
    /// </summary>
    public static Errno TryOpenUntrusted(FileDescriptor directory, string name, out FileDescriptor? file) =>
        Try(Open(directory, name, UntrustedRead, 0, Beneath), out file);

    /// <summary>Opens a file for appending, makes it (0600) if <paramref name="create"/>, which fails if it exists.</summary>
    public static Errno TryOpenAppend(FileDescriptor directory, string name, bool create, out FileDescriptor? file)
    {
        var flags = LibC.O_RDWR | LibC.O_APPEND | LibC.O_NONBLOCK | LibC.O_NOFOLLOW | LibC.O_CLOEXEC;
        return Try(Open(directory, name, create ? flags | LibC.O_CREAT | LibC.O_EXCL : flags, create ? 0x180u : 0, Beneath), out file);
    }

    /// <summary>Removes a file; one that is not there counts as removed.</summary>
    public static void Remove(FileDescriptor directory, string name)
    {
        if (LibC.unlinkat(directory.Number, name, 0) < 0 && KernelException.LastErrno != Errno.ENOENT)
            throw new KernelException("unlinkat", KernelException.LastErrno, name);
        GC.KeepAlive(directory);
    }

    /// <summary>Gives a file, or the directory itself for an empty name, to a user and group; links are not followed.</summary>
    public static void ChangeOwner(FileDescriptor directory, string name, uint user, uint group)
    {
        var flags = LibC.AT_SYMLINK_NOFOLLOW | (name.Length == 0 ? LibC.AT_EMPTY_PATH : 0);
        _ = KernelException.Check(LibC.fchownat(directory.Number, name, user, group, flags), "fchownat", name);
        GC.KeepAlive(directory);
    }

    /// <summary>Takes an exclusive lock that ends with the last copy of the descriptor (flock(2)); false if another has it.</summary>
    public static bool TryLock(FileDescriptor file)
    {
        if (LibC.syscall(LibC.SYS_flock, file.Number, LibC.LOCK_EX | LibC.LOCK_NB, 0, 0, 0, 0) == 0)
            return true;
        GC.KeepAlive(file);
        return KernelException.LastErrno == Errno.EAGAIN ? false : throw new KernelException("flock", KernelException.LastErrno);
    }

    private static unsafe long Open(FileDescriptor? directory, string path, int flags, uint mode, ulong resolve)
    {
        var how = new LibC.OpenHow { Flags = (ulong)flags, Mode = mode, Resolve = resolve };
        var bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        _ = Encoding.UTF8.GetBytes(path, bytes);
        while (true)
        {
            long result;
            // SAFETY: a null-terminated path and a structure of 24 bytes, both alive during the call.
            fixed (byte* name = bytes)
            {
                result = LibC.syscall(
                    LibC.SYS_openat2, directory?.Number ?? LibC.AT_FDCWD, (long)name, (long)&how, sizeof(LibC.OpenHow), 0, 0);
            }

            GC.KeepAlive(directory);
            if (result >= 0)
                return result;
            // EAGAIN: a rename happened while RESOLVE_BENEATH looked; the kernel asks us to look again.
            if (KernelException.LastErrno is not (Errno.EINTR or Errno.EAGAIN))
                return result;
        }
    }

    private static Errno Try(long result, out FileDescriptor? file)
    {
        file = result < 0 ? null : new FileDescriptor((int)result);
        return result < 0 ? KernelException.LastErrno : Errno.None;
    }

    private static FileDescriptor Checked(long result, string path) =>
        result < 0 ? throw new KernelException("openat2", KernelException.LastErrno, path) : new FileDescriptor((int)result);
}
