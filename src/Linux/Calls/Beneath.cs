using System.Text;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>Opening paths that somebody else may have filled with links (openat2(2)).</summary>
public static class Beneath
{
    /// <summary>A reference to a path itself (O_PATH), followed like any other path; null if there is nothing.</summary>
    public static FileDescriptor? Reference(string path, bool follow = true)
    {
        var flags = LibC.O_PATH | LibC.O_CLOEXEC | (follow ? 0 : LibC.O_NOFOLLOW);
        var number = LibC.open(path, flags, 0);
        if (number >= 0)
            return new FileDescriptor(number);
        var errno = KernelException.LastErrno;
        return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw new KernelException("open", errno, path);
    }

    /// <summary>
    /// A reference (O_PATH) to <paramref name="path"/> as a process whose root is <paramref name="root"/> would see it; no link
    /// leads out, none of /proc's magic links is followed. Null if there is nothing.
    /// </summary>
    public static FileDescriptor? ReferenceInRoot(FileDescriptor root, string path) =>
        Open(root, path, LibC.O_PATH, LibC.RESOLVE_IN_ROOT | LibC.RESOLVE_NO_MAGICLINKS);

    /// <summary>As <see cref="ReferenceInRoot"/>, but any symbolic link on the way is an error (ELOOP).</summary>
    public static FileDescriptor? ReferenceInRootWithoutLinks(FileDescriptor root, string path) =>
        Open(root, path, LibC.O_PATH, LibC.RESOLVE_IN_ROOT | LibC.RESOLVE_NO_MAGICLINKS | LibC.RESOLVE_NO_SYMLINKS);

    /// <summary>
    /// The first <paramref name="limit"/> bytes of a regular file below <paramref name="root"/>, resolved as in
    /// <see cref="ReferenceInRoot"/>; null if there is no such regular file. Never blocks on a FIFO or opens a device's driver.
    /// </summary>
    public static byte[]? ReadFile(FileDescriptor root, string path, int limit)
    {
        using var reference = ReferenceInRoot(root, path);
        if (reference is null || !NodeStatus.Of(reference).IsRegular)
            return null;
        // Through the reference: what was checked is what is opened.
        var number = KernelException.Check(LibC.open(reference.ProcPath, LibC.O_CLOEXEC | LibC.O_NOCTTY, 0), "open", path);
        using var file = new FileDescriptor(number);
        var buffer = new byte[limit];
        var filled = 0;
        while (filled < limit)
        {
            var count = Pipe.Read(file, buffer.AsSpan(filled));
            if (count == 0)
                break;
            filled += count;
        }

        return buffer[..filled];
    }

    private static unsafe FileDescriptor? Open(FileDescriptor root, string path, int flags, ulong resolve)
    {
        var how = new LibC.OpenHow { Flags = (ulong)(flags | LibC.O_CLOEXEC), Resolve = resolve };
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
        {
            while (true)
            {
                // SAFETY: a null-terminated path and a structure on the stack; the kernel only reads both.
                var number = LibC.syscall(LibC.SYS_openat2, root.Number, (long)name, (long)&how, sizeof(LibC.OpenHow), 0, 0);
                var errno = KernelException.LastErrno;
                GC.KeepAlive(root);
                if (number >= 0)
                    return new FileDescriptor((int)number);
                if (errno is Errno.ENOENT or Errno.ENOTDIR)
                    return null;
                // openat2(2): EAGAIN means that a rename raced with the lookup of "..".
                if (errno is not (Errno.EAGAIN or Errno.EINTR))
                    throw new KernelException("openat2", errno, path);
            }
        }
    }
}
