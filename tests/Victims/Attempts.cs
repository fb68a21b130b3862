using System.Text;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Tests.Victims;

/// <summary>System calls that a program which was taken over would like to make, harmless as they are made here.</summary>
internal static class Attempts
{
    private static readonly FileDescriptor s_output = new(1);

    internal static IReadOnlyList<(string Name, Func<int> Try)> All { get; } =
    [
        ("socket-inet", () => Closing(LibC.syscall(41, 2, 1, 0, 0, 0, 0))),
        ("socket-unix", () => Closing(LibC.syscall(41, 1, 1, 0, 0, 0, 0))),
        ("socket-netlink", () => Closing(LibC.syscall(41, 16, 3, 0, 0, 0, 0))),
        ("kill", () => Done(LibC.syscall(62, 1, 0, 0, 0, 0, 0))),
        ("ptrace", () => Done(LibC.syscall(101, 0x4201 /* GETEVENTMSG */, 1, 0, 0, 0, 0))),
        ("setresuid", () => Done(LibC.syscall(117, -1, -1, -1, 0, 0, 0))),
        ("chroot", () => Done(LibC.syscall(161, 0, 0, 0, 0, 0, 0))),
        ("unshare-nothing", () => Done(LibC.syscall(272, 0, 0, 0, 0, 0, 0))),
        ("fork", Fork),
        ("executable-memory", () => Map(7)),
        ("memfd", () => Closing(Memfd())),
        ("io_uring", () => Done(LibC.syscall(425, 0, 0, 0, 0, 0, 0))),
        ("bpf", () => Done(LibC.syscall(321, -1, 0, 0, 0, 0, 0))),
        ("ioctl", () => Done(LibC.syscall(16, 0, 0x541b /* FIONREAD */, 0, 0, 0, 0))),
        ("allowed-memory", () => Map(3)),
        ("allowed-getrandom", () => Done(LibC.syscall(318, 0, 0, 0, 0, 0, 0))),
    ];

    internal static void Say(string text) => Pipe.WriteAll(s_output, Encoding.UTF8.GetBytes(text));

    private static int Done(long result) => result < 0 ? (int)KernelException.LastErrno : 0;

    private static int Closing(long result)
    {
        if (result < 0)
            return (int)KernelException.LastErrno;
        new FileDescriptor((int)result).Dispose();
        return 0;
    }

    private static int Map(int protection)
    {
        const int Size = 4096;
        var place = LibC.syscall(9, 0, Size, protection, 0x22 /* PRIVATE|ANONYMOUS */, -1, 0);
        if (place is < 0 and > -4096)
            return (int)KernelException.LastErrno;
        return Done(LibC.syscall(11, place, Size, 0, 0, 0, 0));
    }

    // clone(2) with neither CLONE_THREAD nor CLONE_VM makes a process; an impossible combination of flags makes none and
    // says EINVAL, where a filter says EPERM before the kernel looks at them.
    private static int Fork() => Done(LibC.syscall(56, 0x00000800 /* CLONE_SIGHAND without CLONE_VM */, 0, 0, 0, 0, 0));

    private static long Memfd()
    {
        Span<byte> name = stackalloc byte[2] { (byte)'x', 0 };
        return WithPointer(name, pointer => LibC.syscall(319, pointer, 1, 0, 0, 0, 0));
    }

    private static long WithPointer(Span<byte> bytes, Func<long, long> call)
    {
        var copy = System.Runtime.InteropServices.GCHandle.Alloc(bytes.ToArray(), System.Runtime.InteropServices.GCHandleType.Pinned);
        try
        {
            return call(copy.AddrOfPinnedObject());
        }
        finally
        {
            copy.Free();
        }
    }
}
