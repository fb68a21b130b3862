using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

// Credentials, limits, Landlock and execveat: what a process does to itself before it meets hostile bytes.
internal static unsafe partial class LibC
{
    internal const long SYS_prctl = 157;
    internal const long SYS_capset = 126;
    internal const long SYS_setpriority = 141;
    internal const long SYS_prlimit64 = 302;
    internal const long SYS_execveat = 322;
    internal const long SYS_landlock_create_ruleset = 444;
    internal const long SYS_landlock_add_rule = 445;
    internal const long SYS_landlock_restrict_self = 446;

    internal const int AT_EMPTY_PATH = 0x1000;
    internal const int F_GETFD = 1;
    internal const int F_SETFD = 2;
    internal const int FD_CLOEXEC = 1;

    // <linux/prctl.h>
    internal const int PR_GET_DUMPABLE = 3;
    internal const int PR_SET_DUMPABLE = 4;
    internal const int PR_SET_KEEPCAPS = 8;
    internal const int PR_SET_NAME = 15;
    internal const int PR_CAPBSET_READ = 23;
    internal const int PR_CAPBSET_DROP = 24;
    internal const int PR_SET_NO_NEW_PRIVS = 38;
    internal const int PR_GET_NO_NEW_PRIVS = 39;
    internal const int PR_CAP_AMBIENT = 47;
    internal const int PR_CAP_AMBIENT_RAISE = 2;
    internal const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    /// <summary>_LINUX_CAPABILITY_VERSION_3: two 32-bit words per set.</summary>
    internal const uint CapabilityVersion = 0x20080522;

    [StructLayout(LayoutKind.Sequential)]
    internal struct CapabilityHeader
    {
        internal uint Version;
        internal int Pid;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct CapabilityData
    {
        internal uint Effective;
        internal uint Permitted;
        internal uint Inheritable;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimitValue
    {
        internal ulong Soft;
        internal ulong Hard;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct LandlockRulesetAttribute
    {
        internal ulong HandledFileAccess;
        internal ulong HandledNetworkAccess; // since ABI 4
        internal ulong Scoped;               // since ABI 6
    }

    // The kernel's structure is packed: 12 bytes.
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    internal struct LandlockPathBeneath
    {
        internal ulong AllowedAccess;
        internal int ParentDescriptor;
    }

    // glibc's wrappers change the credentials of every thread (nptl(7)); the raw calls change one thread's.
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setresuid(uint real, uint effective, uint saved);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setresgid(uint real, uint effective, uint saved);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setgroups(nuint count, uint* groups);

    [LibraryImport("libc")]
    internal static partial uint getuid();

    [LibraryImport("libc")]
    internal static partial uint geteuid();
}
