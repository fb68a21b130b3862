using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Handles;

/// <summary>A reference to one process that pid reuse cannot redirect (pidfd_open(2)).</summary>
public sealed class PidFd : IDisposable
{
    private PidFd(int pid, FileDescriptor descriptor)
    {
        Pid = pid;
        Descriptor = descriptor;
    }

    /// <summary>The pid in our pid namespace.</summary>
    public int Pid { get; }

    /// <summary>Readable (POLLIN) once the process has ended.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>True once the process has ended (it may still be a zombie).</summary>
    public bool HasEnded => WaitForEnd(TimeSpan.Zero);

    /// <summary>Opens a process; null if there is none with that pid.</summary>
    public static PidFd? TryOpen(int pid)
    {
        var descriptor = LibC.syscall(LibC.SYS_pidfd_open, pid, 0, 0, 0, 0, 0);
        if (descriptor >= 0)
            return new PidFd(pid, new FileDescriptor((int)descriptor));
        var errno = KernelException.LastErrno;
        // EINVAL: the pid is a thread, or not positive; for a caller that is the same as "no such process".
        return errno is Errno.ESRCH or Errno.EINVAL ? null : throw new KernelException("pidfd_open", errno, $"{pid}");
    }

    /// <summary>Waits until the process has ended, at most <paramref name="timeout"/>; does not reap it.</summary>
    public bool WaitForEnd(TimeSpan timeout) => Poll.WaitReadable(Descriptor, timeout);

    /// <summary>Sends a signal; false if the process is gone.</summary>
    public bool Signal(int signal)
    {
        if (LibC.syscall(LibC.SYS_pidfd_send_signal, Descriptor.Number, signal, 0, 0, 0, 0) == 0)
            return true;
        var errno = KernelException.LastErrno;
        GC.KeepAlive(this);
        return errno == Errno.ESRCH ? false : throw new KernelException("pidfd_send_signal", errno, $"{Pid}");
    }

    /// <summary>
    /// A copy of one of the process's descriptors (pidfd_getfd(2)); null if it has none of that number or has ended. Needs the
    /// right to ptrace it.
    /// </summary>
    public FileDescriptor? TryGetDescriptor(int number)
    {
        var descriptor = LibC.syscall(LibC.SYS_pidfd_getfd, Descriptor.Number, number, 0, 0, 0, 0);
        if (descriptor >= 0)
            return new FileDescriptor((int)descriptor);
        var errno = KernelException.LastErrno;
        return errno is Errno.EBADF or Errno.ESRCH ? null : throw new KernelException("pidfd_getfd", errno, $"{Pid}");
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();
}
