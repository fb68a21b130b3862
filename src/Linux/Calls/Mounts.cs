using System.Text;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>What a clone of a mount is like.</summary>
public sealed record CloneOptions
{
    /// <summary>Shift the owners by this namespace's mapping (mount_setattr(2), "ID-mapped mounts").</summary>
    public FileDescriptor? UserNamespace { get; init; }

    /// <summary>Refuse every change.</summary>
    public bool ReadOnly { get; init; } = true;

    /// <summary>Ignore set-user-id bits.</summary>
    public bool NoSetUserId { get; init; }

    /// <summary>Run nothing.</summary>
    public bool NoExecution { get; init; }

    /// <summary>Leave no trace of reading: times of access stay what they are.</summary>
    public bool NoAccessTime { get; init; }

    /// <summary>Only to be looked at.</summary>
    public static CloneOptions Look { get; } = new() { NoSetUserId = true, NoExecution = true, NoAccessTime = true };
}

/// <summary>One overlay: descriptors of directories, the top one of the lowers first.</summary>
public sealed record OverlayLayers(IReadOnlyList<FileDescriptor> Lowers, FileDescriptor Upper, FileDescriptor Work);

/// <summary>Mounts, by descriptor wherever a path could be redirected.</summary>
public static class Mounts
{
    /// <summary>
    /// A detached clone of the mount that <paramref name="path"/> lies in, rooted at that path, without the mounts below it,
    /// nodev. Needs kernel 5.12 for the mapping (5.19 for a mapped lower layer).
    /// </summary>
    /// <exception cref="KernelException"><c>mount_setattr</c> with EINVAL: the file system cannot be idmapped.</exception>
    public static unsafe FileDescriptor Clone(string path, CloneOptions options)
    {
        FileDescriptor tree;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
        {
            // SAFETY: a null-terminated path that lives until after the call.
            var number = LibC.syscall(
                LibC.SYS_open_tree, LibC.AT_FDCWD, (long)name, LibC.OPEN_TREE_CLONE | LibC.OPEN_TREE_CLOEXEC, 0, 0, 0);
            if (number < 0)
                throw new KernelException("open_tree", KernelException.LastErrno, path);
            tree = new FileDescriptor((int)number);
        }

        var attributes = new LibC.MountAttr { Set = LibC.MOUNT_ATTR_NODEV, Propagation = LibC.MS_PRIVATE };
        if (options.ReadOnly)
            attributes.Set |= LibC.MOUNT_ATTR_RDONLY;
        if (options.NoSetUserId)
            attributes.Set |= LibC.MOUNT_ATTR_NOSUID;
        if (options.NoExecution)
            attributes.Set |= LibC.MOUNT_ATTR_NOEXEC;
        if (options.NoAccessTime)
        {
            // The times' modes are values of a field, not bits: what was set is cleared first (mount_setattr(2)).
            attributes.Set |= LibC.MOUNT_ATTR_NOATIME;
            attributes.Clear |= LibC.MOUNT_ATTR__ATIME;
        }

        if (options.UserNamespace is { } space)
        {
            attributes.Set |= LibC.MOUNT_ATTR_IDMAP;
            attributes.UserNamespace = (ulong)space.Number;
        }

        byte empty = 0;
        // SAFETY: an empty string and a structure on the stack; the kernel only reads both.
        var result = LibC.syscall(
            LibC.SYS_mount_setattr, tree.Number, (long)&empty, LibC.AT_EMPTY_PATH, (long)&attributes, sizeof(LibC.MountAttr), 0);
        var errno = KernelException.LastErrno;
        GC.KeepAlive(options);
        if (result == 0)
            return tree;
        tree.Dispose();
        throw new KernelException("mount_setattr", errno, path);
    }

    /// <summary>Puts a detached mount onto <paramref name="target"/>, exactly where that descriptor points.</summary>
    public static unsafe void Attach(FileDescriptor tree, FileDescriptor target, string subject)
    {
        byte empty = 0;
        // SAFETY: two empty strings that the kernel only reads.
        var result = LibC.syscall(
            LibC.SYS_move_mount, tree.Number, (long)&empty, target.Number, (long)&empty,
            LibC.MOVE_MOUNT_F_EMPTY_PATH | LibC.MOVE_MOUNT_T_EMPTY_PATH, 0);
        var errno = KernelException.LastErrno;
        GC.KeepAlive(tree);
        GC.KeepAlive(target);
        if (result != 0)
            throw new KernelException("move_mount", errno, subject);
    }

    /// <summary>Mounts an overlay, nodev, onto the directory <paramref name="target"/> points at.</summary>
    /// <remarks>
    /// Layers are named through /proc/self/fd: short whatever their path (the option string is limited to a page), and no colon or
    /// comma of a path can be mistaken. Every lower must be attached somewhere in our mount namespace: kernels before 6.15 refuse
    /// to clone a detached mount (clone_private_mount).
    /// </remarks>
    /// <returns>None, or what the kernel answered.</returns>
    public static Errno TryOverlay(OverlayLayers layers, FileDescriptor target, string source, string options)
    {
        var data = $"lowerdir={string.Join(':', layers.Lowers.Select(l => l.ProcPath))}"
            + $",upperdir={layers.Upper.ProcPath},workdir={layers.Work.ProcPath}";
        if (options.Length > 0)
            data += "," + options;
        var result = LibC.mount(source, target.ProcPath, "overlay", LibC.MS_NODEV, data);
        var errno = KernelException.LastErrno;
        GC.KeepAlive(layers);
        GC.KeepAlive(target);
        return result == 0 ? Errno.None : errno;
    }

    /// <summary>Mounts a new file system in memory onto the directory <paramref name="target"/> points at.</summary>
    /// <param name="target">Where.</param>
    /// <param name="source">Its name in lists of mounts.</param>
    /// <param name="type"><c>tmpfs</c>, or <c>ramfs</c>, which is never swapped out and has no limit of its own.</param>
    /// <param name="options">Of the file system.</param>
    /// <param name="devices">Device nodes in it work.</param>
    public static void Memory(FileDescriptor target, string source, string type, string options, bool devices = false)
    {
        var flags = LibC.MS_NOSUID | (devices ? LibC.MS_NOEXEC : LibC.MS_NODEV);
        var result = LibC.mount(source, target.ProcPath, type, flags, options);
        var errno = KernelException.LastErrno;
        GC.KeepAlive(target);
        if (result != 0)
            throw new KernelException($"mount({type})", errno, source);
    }

    /// <summary>
    /// Ends the connection of a FUSE file system (umount2(2), MNT_FORCE): whoever waits for an answer gets ECONNABORTED, and who has it open
    /// ENOTCONN. What it is mounted on stays, where it is in use.
    /// </summary>
    public static void Abort(string path) => _ = LibC.umount2(path, LibC.MNT_FORCE | LibC.UMOUNT_NOFOLLOW);

    /// <summary>Unmounts what is mounted at a path, also while it is in use; false if nothing is.</summary>
    public static bool Detach(string path)
    {
        if (LibC.umount2(path, LibC.MNT_DETACH | LibC.UMOUNT_NOFOLLOW) == 0)
            return true;
        var errno = KernelException.LastErrno;
        return errno is Errno.EINVAL or Errno.ENOENT ? false : throw new KernelException("umount2", errno, path);
    }
}
