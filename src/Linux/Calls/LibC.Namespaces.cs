using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

internal static partial class LibC
{
    internal const int CLONE_NEWNET = 0x40000000;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setns(int descriptor, int kind);
}
