using System.Runtime.InteropServices;
using HyperSpector.Linux.Abi;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Handles;

/// <summary>
/// The listening end of a seccomp filter (seccomp_unotify(2)). The kernel keeps notifications while any descriptor of it is open;
/// one that was received and never answered waits for ever, so whoever receives must leave a trace of it (see the caller's page).
/// </summary>
public sealed class SeccompListener : IDisposable
{
    /// <summary>What <c>/proc/self/fd/N</c> says of such a descriptor.</summary>
    public const string LinkTarget = "anon_inode:seccomp notify";

    private readonly byte[] _answer = new byte[Math.Max((int)Sizes.seccomp_notif_resp, 24)];

    /// <summary>Takes ownership of the descriptor.</summary>
    public SeccompListener(FileDescriptor descriptor) => Descriptor = descriptor;

    /// <summary>How large the running kernel's structures are.</summary>
    public static seccomp_notif_sizes Sizes { get; } = QuerySizes();

    /// <summary>Readable when there is a notification, hung up when no process is left under the filter.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Wakes callers and us on the same core from now on; false before Linux 6.6.</summary>
    public bool TrySetSyncWakeUp() =>
        LibC.ioctl(
            Descriptor.Number, Seccomp.SECCOMP_IOCTL_NOTIF_SET_FLAGS, (nuint)Seccomp.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0;

    /// <summary>
    /// Receives a notification into <paramref name="buffer"/>, which must be zeroed and as long as the kernel's structure. It is
    /// written even if we are killed meanwhile: the system call completes first. ENOENT: its caller is gone.
    /// </summary>
    public unsafe Errno TryReceive(Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, Sizes.seccomp_notif);
        fixed (byte* start = buffer)
        {
            // SAFETY: the kernel writes Sizes.seccomp_notif bytes, which buffer has.
            while (LibC.ioctl(Descriptor.Number, Seccomp.SECCOMP_IOCTL_NOTIF_RECV, (nuint)start) < 0)
            {
                if (KernelException.LastErrno != Errno.EINTR)
                    return KernelException.LastErrno;
            }
        }

        return Errno.None;
    }

    /// <summary>Answers. ENOENT: nobody waits for it any more (killed, or interrupted by a signal).</summary>
    public unsafe Errno TrySend(in seccomp_notif_resp answer)
    {
        MemoryMarshal.Write(_answer, in answer);
        fixed (byte* start = _answer)
        {
            // SAFETY: the kernel reads Sizes.seccomp_notif_resp bytes, which _answer has.
            while (LibC.ioctl(Descriptor.Number, Seccomp.SECCOMP_IOCTL_NOTIF_SEND, (nuint)start) < 0)
            {
                if (KernelException.LastErrno != Errno.EINTR)
                    return KernelException.LastErrno;
            }
        }

        return Errno.None;
    }

    /// <summary>Is it such a descriptor? Anything may arrive over a socket.</summary>
    public static bool IsListener(FileDescriptor descriptor) =>
        new FileInfo(descriptor.ProcPath).LinkTarget == LinkTarget;

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    private static unsafe seccomp_notif_sizes QuerySizes()
    {
        seccomp_notif_sizes sizes;
        // SAFETY: the kernel fills the structure of three 16-bit numbers.
        if (LibC.syscall(LibC.SYS_seccomp, Seccomp.SECCOMP_GET_NOTIF_SIZES, 0, (long)&sizes, 0, 0, 0) < 0)
            throw new KernelException("seccomp(SECCOMP_GET_NOTIF_SIZES)", KernelException.LastErrno);
        return sizes;
    }
}
