using System.Globalization;
using System.Text;
using HyperSpector.Linux.Abi;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>How a FUSE file system is mounted, besides what always holds: read-only, nosuid, nodev, noexec.</summary>
public sealed record FuseMountOptions
{
    /// <summary>Its name in lists of mounts.</summary>
    public required string Source { get; init; }

    /// <summary>The second part of its type there: <c>fuse.hyperspector</c>.</summary>
    public string Subtype { get; init; } = "hyperspector";

    /// <summary>Whose it is, as the mounting user namespace counts.</summary>
    public uint User { get; init; }

    /// <summary>And the group.</summary>
    public uint Group { get; init; }
}

/// <summary>/dev/fuse (fuse(4)): a descriptor is a connection, once something is mounted with it.</summary>
public static class FuseDevice
{
    private const string Path = "/dev/fuse";

    /// <summary>A new descriptor, that nothing is mounted with yet. Reads from it wait.</summary>
    public static FileDescriptor Open() =>
        new(KernelException.Check(LibC.open(Path, LibC.O_RDWR | LibC.O_CLOEXEC, 0), "open", Path));

    /// <summary>
    /// Mounts a file system that <paramref name="device"/> serves, detached: <see cref="Mounts.Attach"/> puts it somewhere. The kernel's
    /// first request, FUSE_INIT, can be read when this returns; it need not be answered before.
    /// </summary>
    /// <remarks>
    /// allow_other, as whoever looks is not who mounts; default_permissions, so that the kernel checks modes and owners. Read-only twice:
    /// the mount, and the superblock, which no remount of the mount in another namespace can change.
    /// </remarks>
    public static FileDescriptor Mount(FileDescriptor device, FuseMountOptions options)
    {
        using var context = OpenContext();
        Set(context, "source", options.Source);
        Set(context, "subtype", options.Subtype);
        Set(context, "fd", device.Number.ToString(CultureInfo.InvariantCulture));
        Set(context, "rootmode", "40000");
        Set(context, "user_id", options.User.ToString(CultureInfo.InvariantCulture));
        Set(context, "group_id", options.Group.ToString(CultureInfo.InvariantCulture));
        Set(context, "allow_other", null);
        Set(context, "default_permissions", null);
        Set(context, "ro", null);
        var created = LibC.syscall(LibC.SYS_fsconfig, context.Number, LibC.FSCONFIG_CMD_CREATE, 0, 0, 0, 0);
        if (created < 0)
            throw new KernelException("fsconfig(FSCONFIG_CMD_CREATE)", KernelException.LastErrno, options.Source);
        var mount = LibC.syscall(
            LibC.SYS_fsmount, context.Number, LibC.FSMOUNT_CLOEXEC,
            (long)(LibC.MOUNT_ATTR_RDONLY | LibC.MOUNT_ATTR_NOSUID | LibC.MOUNT_ATTR_NODEV | LibC.MOUNT_ATTR_NOEXEC), 0, 0, 0);
        GC.KeepAlive(device);
        return mount < 0 ? throw new KernelException("fsmount", KernelException.LastErrno, options.Source) : new FileDescriptor((int)mount);
    }

    /// <summary>Another descriptor of a connection. What is read from one has to be answered there.</summary>
    public static unsafe FileDescriptor Clone(FileDescriptor device)
    {
        var clone = Open();
        var number = (uint)device.Number;
        // SAFETY: the kernel reads four bytes.
        var result = LibC.ioctl(clone.Number, FuseProtocol.FUSE_DEV_IOC_CLONE, (nuint)(&number));
        var errno = KernelException.LastErrno;
        GC.KeepAlive(device);
        if (result == 0)
            return clone;
        clone.Dispose();
        throw new KernelException("ioctl(FUSE_DEV_IOC_CLONE)", errno, Path);
    }

    /// <summary>
    /// One request. Not repeated on EINTR, which is how a thread is told to look up; ENOENT: its caller was killed while it was copied.
    /// </summary>
    public static unsafe Errno TryRead(FileDescriptor device, Span<byte> request, out int count)
    {
        nint result;
        fixed (byte* start = request) // SAFETY: the kernel writes at most request.Length bytes.
            result = LibC.read(device.Number, start, (nuint)request.Length);
        var errno = result < 0 ? KernelException.LastErrno : Errno.None;
        GC.KeepAlive(device);
        count = (int)Math.Max(result, 0);
        return errno;
    }

    /// <summary>One answer or notification, which the kernel takes as a whole or not at all.</summary>
    public static unsafe Errno TryWrite(FileDescriptor device, ReadOnlySpan<byte> message)
    {
        nint result;
        fixed (byte* start = message) // SAFETY: the kernel reads at most message.Length bytes.
            result = LibC.write(device.Number, start, (nuint)message.Length);
        var errno = result < 0 ? KernelException.LastErrno : Errno.None;
        GC.KeepAlive(device);
        return errno;
    }

    /// <summary>
    /// Registers a regular file whose data the kernel may then read itself (6.9). EPERM without CAP_SYS_ADMIN; ELOOP: it lies on too many
    /// file systems upon each other; ENOTTY, EOPNOTSUPP: there is no passthrough.
    /// </summary>
    public static unsafe Errno TryOpenBacking(FileDescriptor device, FileDescriptor file, out int id)
    {
        var map = new fuse_backing_map { fd = file.Number };
        // SAFETY: the kernel reads the structure.
        id = LibC.ioctl(device.Number, FuseProtocol.FUSE_DEV_IOC_BACKING_OPEN, (nuint)(&map));
        var errno = id < 0 ? KernelException.LastErrno : Errno.None;
        GC.KeepAlive(device);
        GC.KeepAlive(file);
        id = Math.Max(id, 0);
        return errno;
    }

    /// <summary>Gives up what <see cref="TryOpenBacking"/> returned; files opened with it go on. ENOENT: there is no such one.</summary>
    public static unsafe Errno TryCloseBacking(FileDescriptor device, int id)
    {
        var number = (uint)id;
        // SAFETY: the kernel reads four bytes.
        var result = LibC.ioctl(device.Number, FuseProtocol.FUSE_DEV_IOC_BACKING_CLOSE, (nuint)(&number));
        var errno = result < 0 ? KernelException.LastErrno : Errno.None;
        GC.KeepAlive(device);
        return errno;
    }

    private static unsafe FileDescriptor OpenContext()
    {
        fixed (byte* type = "fuse\0"u8)
        {
            // SAFETY: a null-terminated string that the kernel reads.
            var context = LibC.syscall(LibC.SYS_fsopen, (long)type, LibC.FSOPEN_CLOEXEC, 0, 0, 0, 0);
            return context < 0 ? throw new KernelException("fsopen", KernelException.LastErrno, "fuse") : new FileDescriptor((int)context);
        }
    }

    private static unsafe void Set(FileDescriptor context, string key, string? value)
    {
        fixed (byte* keyStart = Encoding.UTF8.GetBytes(key + "\0"))
        fixed (byte* valueStart = value is null ? null : Encoding.UTF8.GetBytes(value + "\0"))
        {
            var command = value is null ? LibC.FSCONFIG_SET_FLAG : LibC.FSCONFIG_SET_STRING;
            // SAFETY: two null-terminated strings, or a null pointer where none is wanted, that live until after the call.
            if (LibC.syscall(LibC.SYS_fsconfig, context.Number, command, (long)keyStart, (long)valueStart, 0, 0) < 0)
                throw new KernelException($"fsconfig({key})", KernelException.LastErrno, value);
        }
    }
}
