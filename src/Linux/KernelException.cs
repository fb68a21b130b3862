using System.Runtime.InteropServices;

namespace HyperSpector.Linux;

/// <summary>A system call failed where success was expected: which call, with which error, on what.</summary>
public sealed class KernelException : IOException
{
    /// <summary>Creates the exception of one failed call.</summary>
    /// <param name="call">The system call or library function, e.g. <c>mount</c>.</param>
    /// <param name="errno">What the kernel answered.</param>
    /// <param name="subject">What it was done to: a path, an interface, a process; null where there is none.</param>
    public KernelException(string call, Errno errno, string? subject = null)
        : base($"{call}{(subject is null ? "" : $" {subject}")}: {Describe(errno)}", (int)errno)
    {
        Call = call;
        Errno = errno;
        Subject = subject;
    }

    /// <summary>The failed call.</summary>
    public string Call { get; }

    /// <summary>What the kernel answered.</summary>
    public Errno Errno { get; }

    /// <summary>What the call was about, if anything.</summary>
    public string? Subject { get; }

    /// <summary>The error that the calling thread's last import left (<c>SetLastError = true</c>).</summary>
    public static Errno LastErrno => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>Throws for a result below zero, else returns it.</summary>
    public static int Check(int result, string call, string? subject = null)
    {
        if (result < 0)
            throw new KernelException(call, LastErrno, subject);
        return result;
    }

    private static string Describe(Errno errno) => $"{Marshal.GetPInvokeErrorMessage((int)errno)} ({errno})";
}
