using System.Runtime.InteropServices;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Probing;

/// <summary>
/// Trying a kernel feature in the smallest form that tells whether it is there. Nothing here outlives its call, but mounts, which
/// belong into a <see cref="Throwaway"/>. Numbers are those of x86-64 and of the uapi headers named beside them.
/// </summary>
public static unsafe partial class Probe
{
    internal const long MS_PRIVATE = 1 << 18; // <linux/mount.h>
    internal const long MS_REC = 1 << 14;

    private const long SYS_mount = 165;
    private const long SYS_open_tree = 428;
    private const long SYS_move_mount = 429;
    private const long SYS_mount_setattr = 442;
    private const long SYS_io_uring_setup = 425;

    /// <summary>Mounts something (mount(2)).</summary>
    public static Errno Mount(string source, string target, string type, long flags, string data)
    {
        using var strings = new Strings(source, target, type, data);
        // SAFETY: four strings that live until after the call.
        return Result(LibC.syscall(SYS_mount, strings[0], strings[1], strings[2], flags, strings[3], 0));
    }

    /// <summary>
    /// Makes an idmapped, read-only clone of the mount at <paramref name="path"/> and, if wanted, attaches it
    /// (open_tree(2), mount_setattr(2), move_mount(2)).
    /// </summary>
    public static Errno TryIdmap(string path, FileDescriptor userNamespace, string? attachAt)
    {
        const long OPEN_TREE_CLONE = 1;
        const int AT_FDCWD = -100;
        const long AT_EMPTY_PATH = 0x1000;
        const ulong MOUNT_ATTR_RDONLY = 1;
        const ulong MOUNT_ATTR_IDMAP = 0x100000;
        const long MOVE_MOUNT_F_EMPTY_PATH = 4;
        using var strings = new Strings(path, "", attachAt ?? "");
        var tree = LibC.syscall(SYS_open_tree, AT_FDCWD, strings[0], OPEN_TREE_CLONE | LibC.O_CLOEXEC, 0, 0, 0);
        if (tree < 0)
            return KernelException.LastErrno;
        using var descriptor = new FileDescriptor((int)tree);
        // struct mount_attr: attr_set, attr_clr, propagation, userns_fd.
        var attributes = stackalloc ulong[4] { MOUNT_ATTR_RDONLY | MOUNT_ATTR_IDMAP, 0, 0, (ulong)userNamespace.Number };
        // SAFETY: the kernel reads sizeof(struct mount_attr) = 32 bytes.
        var errno = Result(LibC.syscall(SYS_mount_setattr, tree, strings[1], AT_EMPTY_PATH, (long)attributes, 32, 0));
        GC.KeepAlive(userNamespace);
        if (errno != Errno.None || attachAt is null)
            return errno;
        return Result(LibC.syscall(SYS_move_mount, tree, strings[1], AT_FDCWD, strings[2], MOVE_MOUNT_F_EMPTY_PATH, 0));
    }

    /// <summary>Sets up an io_uring of one entry.</summary>
    public static Errno TryIoUring()
    {
        var parameters = stackalloc byte[120]; // struct io_uring_params, <linux/io_uring.h>
        new Span<byte>(parameters, 120).Clear();
        // SAFETY: the kernel reads and writes the 120 bytes.
        return Closed(LibC.syscall(SYS_io_uring_setup, 1, (long)parameters, 0, 0, 0, 0));
    }

    /// <summary>Version of the Landlock interface; 0 when there is none.</summary>
    public static int LandlockAbi()
    {
        const long LANDLOCK_CREATE_RULESET_VERSION = 1;
        var version = LibC.syscall(LibC.SYS_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION, 0, 0, 0);
        return version < 0 ? 0 : (int)version;
    }

    /// <summary>Does the kernel know SECCOMP_RET_USER_NOTIF?</summary>
    public static Errno TrySeccompNotify()
    {
        const long SECCOMP_GET_NOTIF_SIZES = 3;
        var sizes = stackalloc ushort[3];
        // SAFETY: the kernel writes struct seccomp_notif_sizes, three 16-bit numbers.
        return Result(LibC.syscall(LibC.SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, (long)sizes, 0, 0, 0));
    }

    /// <summary>Opens a packet socket in the calling thread's network namespace.</summary>
    public static Errno TryPacketSocket()
    {
        const int AF_PACKET = 17;
        return Closed(LibC.socket(AF_PACKET, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, 0));
    }

    private static Errno Result(long result) => result < 0 ? KernelException.LastErrno : Errno.None;

    private static Errno Closed(long descriptor)
    {
        if (descriptor < 0)
            return KernelException.LastErrno;
        new FileDescriptor((int)descriptor).Dispose();
        return Errno.None;
    }

    /// <summary>Strings as the kernel wants them.</summary>
    private readonly ref struct Strings
    {
        private readonly nint[] _pointers;

        internal Strings(params ReadOnlySpan<string> values)
        {
            _pointers = new nint[values.Length];
            for (var i = 0; i < values.Length; i++)
                _pointers[i] = Marshal.StringToCoTaskMemUTF8(values[i]);
        }

        internal long this[int index] => _pointers[index];

        public void Dispose()
        {
            foreach (var pointer in _pointers)
                Marshal.FreeCoTaskMem(pointer);
        }
    }
}
