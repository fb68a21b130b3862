using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

// Terminals (termios(3), ioctl_tty(2)) and what a program hands on to those it starts.
internal static unsafe partial class LibC
{
    internal const ulong TIOCGWINSZ = 0x5413;
    internal const int TCSANOW = 0;
    internal const long SYS_close_range = 436;
    internal const uint CLOSE_RANGE_CLOEXEC = 4;

    /// <summary>Room for a struct termios of any libc (glibc: 60 bytes); we only carry it from one call to the other.</summary>
    internal const int OpaqueTermiosSize = 256;

    /// <summary>struct winsize (ioctl_tty(2)).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct WindowSize
    {
        internal ushort Rows;
        internal ushort Columns;
        internal ushort XPixels;
        internal ushort YPixels;
    }

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int isatty(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ioctl(int descriptor, ulong request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int tcgetattr(int descriptor, void* termios);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int tcsetattr(int descriptor, int actions, void* termios);
}
