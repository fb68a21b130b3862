using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

// libseccomp 2.5 (seccomp.h): turns rules into the BPF program that seccomp(2) takes. Its functions return -errno.
internal static unsafe partial class LibSeccomp
{
    internal const string Library = "libseccomp.so.2";

    internal const uint SCMP_ACT_KILL_PROCESS = 0x80000000;
    internal const uint SCMP_ACT_ERRNO = 0x00050000;
    internal const uint SCMP_ACT_ALLOW = 0x7fff0000;
    internal const int SCMP_FLTATR_CTL_NNP = 3;
    internal const int SCMP_FLTATR_CTL_TSYNC = 4;
    internal const int SCMP_FLTATR_CTL_LOG = 6;
    internal const int SCMP_FLTATR_CTL_OPTIMIZE = 8;
    internal const int SCMP_CMP_EQ = 4;
    internal const int SCMP_CMP_MASKED_EQ = 7;
    internal const int __NR_SCMP_ERROR = -1;

    [StructLayout(LayoutKind.Sequential)]
    internal struct ArgumentComparison
    {
        internal uint Argument;
        internal int Operator;
        internal ulong First;  // EQ: the value; MASKED_EQ: the mask
        internal ulong Second; // MASKED_EQ: the value
    }

    [LibraryImport(Library)]
    internal static partial void* seccomp_init(uint defaultAction);

    [LibraryImport(Library)]
    internal static partial void seccomp_release(void* context);

    [LibraryImport(Library)]
    internal static partial int seccomp_attr_set(void* context, int attribute, uint value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int seccomp_syscall_resolve_name(string name);

    [LibraryImport(Library)]
    internal static partial int seccomp_rule_add_array(
        void* context, uint action, int call, uint count, ArgumentComparison* comparisons);

    [LibraryImport(Library)]
    internal static partial int seccomp_load(void* context);
}
