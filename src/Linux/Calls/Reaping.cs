using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>
/// Orphans. The OCI runtime leaves a VM's first process to whoever reaps orphans; taking that on is the only way to learn how it
/// ended.
/// </summary>
public static class Reaping
{
    /// <summary>Makes us the parent of orphaned descendants (PR_SET_CHILD_SUBREAPER, prctl(2)).</summary>
    public static void AdoptOrphans() =>
        _ = KernelException.Check(LibC.prctl(LibC.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)");

    /// <summary>How an ended process ended; null if it still runs or is not ours to reap (its parent was a daemon that died).</summary>
    public static unsafe ExitStatus? TryReap(PidFd process)
    {
        var info = stackalloc int[32];
        new Span<int>(info, 32).Clear();
        // SAFETY: waitid fills at most sizeof(siginfo_t) = 128 bytes.
        var result = LibC.syscall(
            LibC.SYS_waitid, LibC.P_PIDFD, process.Descriptor.Number, (long)info, LibC.WEXITED | LibC.WNOHANG, 0, 0);
        if (result < 0)
        {
            return KernelException.LastErrno == Errno.ECHILD
                ? null
                : throw new KernelException("waitid", KernelException.LastErrno, $"{process.Pid}");
        }

        return ChildProcess.Decode(new ReadOnlySpan<int>(info, 32));
    }

    /// <summary>Reaps every ended child that <paramref name="isKnown"/> does not claim: orphans of our own programs.</summary>
    public static unsafe void ReapUnknown(Func<int, bool> isKnown)
    {
        var info = stackalloc int[32];
        while (true)
        {
            new Span<int>(info, 32).Clear();
            // SAFETY: as above. WNOWAIT leaves the child waitable, so that its owner still learns how it ended.
            var result = LibC.syscall(
                LibC.SYS_waitid, LibC.P_ALL, 0, (long)info, LibC.WEXITED | LibC.WNOHANG | LibC.WNOWAIT, 0, 0);
            var pid = info[4];
            if (result < 0 || pid == 0 || isKnown(pid))
                return;
            using var process = PidFd.TryOpen(pid);
            if (process is null || TryReap(process) is null)
                return;
        }
    }

    /// <summary>Reaps one ended child, whichever it is, for the first process of a PID namespace; null: none has ended.</summary>
    public static unsafe (int Pid, ExitStatus Status)? TryReapAny()
    {
        var info = stackalloc int[32];
        new Span<int>(info, 32).Clear();
        // SAFETY: waitid fills at most sizeof(siginfo_t) = 128 bytes.
        var result = LibC.syscall(LibC.SYS_waitid, LibC.P_ALL, 0, (long)info, LibC.WEXITED | LibC.WNOHANG, 0, 0);
        if (result < 0 && KernelException.LastErrno != Errno.ECHILD)
            throw new KernelException("waitid", KernelException.LastErrno);
        return result < 0 || ChildProcess.Decode(new ReadOnlySpan<int>(info, 32)) is not { } status ? null : (info[4], status);
    }

    /// <summary>Waits until a child of ours has ended, and leaves it to be reaped; false at once if we have no children.</summary>
    public static unsafe bool WaitForAny()
    {
        var info = stackalloc int[32];
        while (true)
        {
            // SAFETY: as above.
            if (LibC.syscall(LibC.SYS_waitid, LibC.P_ALL, 0, (long)info, LibC.WEXITED | LibC.WNOWAIT, 0, 0) == 0)
                return true;
            if (KernelException.LastErrno == Errno.ECHILD)
                return false;
            if (KernelException.LastErrno != Errno.EINTR)
                throw new KernelException("waitid", KernelException.LastErrno);
        }
    }
}
