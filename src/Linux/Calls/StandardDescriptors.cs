using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>What a program gets from whoever started it.</summary>
public static class StandardDescriptors
{
    /// <summary>A copy (O_CLOEXEC) of standard input (0), output (1) or error (2); null when it was closed at our start.</summary>
    public static FileDescriptor? TryCopy(int number)
    {
        var copy = LibC.fcntl(number, LibC.F_DUPFD_CLOEXEC, 3);
        if (copy >= 0)
            return new FileDescriptor(copy);
        return KernelException.LastErrno == Errno.EBADF ? null : throw new KernelException("fcntl(F_DUPFD_CLOEXEC)", KernelException.LastErrno);
    }

    /// <summary>
    /// Keeps from our children every descriptor but 0 to 2: those that we were given without O_CLOEXEC, too, such as a lock of
    /// the script that called us (close_range(2)).
    /// </summary>
    public static void KeepOthersFromChildren()
    {
        if (LibC.syscall(LibC.SYS_close_range, 3, uint.MaxValue, LibC.CLOSE_RANGE_CLOEXEC, 0, 0, 0) < 0)
            throw new KernelException("close_range", KernelException.LastErrno);
    }
}
