using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>How a process ended: its exit code, or the signal that ended it.</summary>
/// <param name="Code">Exit code; meaningful when <paramref name="Signal"/> is 0.</param>
/// <param name="Signal">The deadly signal, or 0.</param>
public readonly record struct ExitStatus(int Code, int Signal)
{
    /// <summary>As a shell tells it: the code, or 128 + the signal.</summary>
    public int ShellCode => Signal == 0 ? Code : 128 + Signal;

    /// <summary>True for exit code 0.</summary>
    public bool Succeeded => Code == 0 && Signal == 0;

    /// <inheritdoc/>
    public override string ToString() => Signal == 0 ? $"exit code {Code}" : $"killed by signal {Signal}";
}

/// <summary>A child of ours that nobody else reaps.</summary>
public sealed class ChildProcess : IDisposable
{
    internal ChildProcess(int pid) =>
        // Our unreaped child: its pid cannot have been given to another process yet.
        PidFd = PidFd.TryOpen(pid) ?? throw new KernelException("pidfd_open", Errno.ESRCH, $"{pid}");

    /// <summary>The child, safe against pid reuse.</summary>
    public PidFd PidFd { get; }

    /// <summary>Its pid.</summary>
    public int Pid => PidFd.Pid;

    /// <summary>Waits at most <paramref name="timeout"/> for the end and reaps; null if it still runs.</summary>
    public unsafe ExitStatus? Wait(TimeSpan timeout)
    {
        if (!PidFd.WaitForEnd(timeout))
            return null;
        var info = stackalloc int[32];
        // SAFETY: waitid fills at most sizeof(siginfo_t) = 128 bytes.
        if (LibC.syscall(LibC.SYS_waitid, LibC.P_PIDFD, PidFd.Descriptor.Number, (long)info, LibC.WEXITED, 0, 0) < 0)
            throw new KernelException("waitid", KernelException.LastErrno, $"{Pid}");
        return Decode(new ReadOnlySpan<int>(info, 32));
    }

    /// <summary>Reads a siginfo_t that waitid filled; null where it says that nothing has ended.</summary>
    internal static ExitStatus? Decode(ReadOnlySpan<int> info)
    {
        // 128 bytes: si_code at 8, then 4 bytes of padding on 64-bit, si_pid at 16, si_uid at 20, si_status at 24
        // (<asm-generic/siginfo.h>).
        const int CLD_EXITED = 1;
        if (info[4] == 0)
            return null;
        return info[2] == CLD_EXITED ? new ExitStatus(info[6], 0) : new ExitStatus(0, info[6]);
    }

    /// <inheritdoc/>
    public void Dispose() => PidFd.Dispose();
}
