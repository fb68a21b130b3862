using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

/// <summary>Waking one of our threads out of a system call that waits: it then answers EINTR (signal(7)).</summary>
public static unsafe class ThreadSignal
{
    private static readonly Lazy<bool> s_prepared = new(Install);

    /// <summary>The calling thread, for <see cref="Interrupt"/>.</summary>
    public static int Current => (int)LibC.syscall(LibC.SYS_gettid, 0, 0, 0, 0, 0, 0);

    /// <summary>To be called once before.</summary>
    public static void Prepare() => _ = s_prepared.Value;

    /// <summary>
    /// Interrupts a thread of this process. Only what it is waiting in now: a caller repeats it until the thread has done what it should.
    /// To a thread that has ended, or whose number another one of ours now has, it does no harm.
    /// </summary>
    public static void Interrupt(int thread) =>
        _ = LibC.syscall(LibC.SYS_tgkill, LibC.syscall(LibC.SYS_getpid, 0, 0, 0, 0, 0, 0), thread, LibC.SIGURG, 0, 0, 0);

    // SIGURG: nobody sends it to us (it belongs to a socket's urgent data, and only if asked for), and by default it is ignored, as it is
    // in a child before it has handlers of its own. It needs a handler, or it interrupts nothing. Managed code must not run in one: the
    // thread may be anywhere. abs(3) takes an int, touches nothing and returns.
    private static bool Install()
    {
        var action = new LibC.SignalAction { Handler = NativeLibrary.GetExport(NativeLibrary.Load("libc"), "abs") };
        // SAFETY: the kernel reads one structure; without SA_RESTART in its flags the interrupted call ends.
        _ = KernelException.Check(LibC.sigaction(LibC.SIGURG, &action, null), "sigaction", "SIGURG");
        return true;
    }
}
