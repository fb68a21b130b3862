using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

internal static partial class LibC
{
    internal const int CLONE_FS = 0x200;
    internal const int CLONE_FILES = 0x400;
    internal const int CLONE_NEWNS = 0x20000;
    internal const int CLONE_NEWNET = 0x40000000;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setns(int descriptor, int kind);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unshare(int kinds);
}
