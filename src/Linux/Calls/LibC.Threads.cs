using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

// sigaction(2), tgkill(2): waking one thread out of a call that waits.
internal static unsafe partial class LibC
{
    internal const long SYS_gettid = 186;
    internal const long SYS_getpid = 39;
    internal const long SYS_tgkill = 234;
    internal const int SIGURG = 23;

    /// <summary>struct sigaction of glibc.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SignalAction
    {
        internal nint Handler;
        internal SignalSet Mask;
        internal int Flags;
        internal nint Restorer;
    }

    /// <summary>sigset_t.</summary>
    [InlineArray(16)]
    internal struct SignalSet
    {
        private ulong _first;
    }

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sigaction(int signal, SignalAction* action, SignalAction* former);
}
