namespace HyperSpector.Engine.Configuration;

/// <summary>
/// How much of a configuration or pack file we are ready to look at. The files are the administrator's own, yet a pack comes
/// from a stranger: these bounds keep a file of a few hundred bytes from asking for gigabytes (nested aliases).
/// </summary>
internal static class ConfigurationLimits
{
    /// <summary>Bytes of one file.</summary>
    internal const int FileBytes = 256 * 1024;

    /// <summary>Levels of nesting; our own format needs six.</summary>
    internal const int Depth = 16;

    /// <summary>Nodes of a file after its aliases were put in place.</summary>
    internal const int Nodes = 10_000;

    /// <summary>Uses of an anchor.</summary>
    internal const int Aliases = 200;

    /// <summary>Characters of one value after <c>${VAR}</c> was put in place.</summary>
    internal const int TextLength = 64 * 1024;

    /// <summary>Problems reported of one load; who has more mends these first.</summary>
    internal const int Problems = 100;

    /// <summary>Characters of the user's text that a message repeats.</summary>
    internal const int QuotedLength = 100;

    /// <summary>Letters, digits and dashes of a name: it also names directories and a container.</summary>
    internal const int NameLength = 32;

    /// <summary>Bytes of one file of a pack.</summary>
    internal const int PackFileBytes = 16 * 1024 * 1024;

    /// <summary>Files of one pack.</summary>
    internal const int PackFiles = 1000;

    internal const double CpusMinimum = 0.01;
    internal const double CpusMaximum = 4096;
    internal const long MemoryMinimum = 16L << 20;
    internal const long MemoryMaximum = 64L << 40;

    // ext4(5): less has no room for a journal, more needs blocks of another size.
    internal const long DiskMinimum = 32L << 20;
    internal const long DiskMaximum = 16L << 40;

    /// <summary>One page.</summary>
    internal const long TmpfsMinimum = 4096;

    /// <summary>Of a tmpfs whose size is not told; that of /dev/shm.</summary>
    internal const long TmpfsUsual = 64L << 20;

    /// <summary>PID_MAX_LIMIT of 64-bit kernels (linux/threads.h).</summary>
    internal const int PidsMaximum = 4 * 1024 * 1024;

    /// <summary>A VM has 65,536 user ids; the last one is the kernel's "no id" in 16-bit interfaces.</summary>
    internal const int UserMaximum = 65_534;
}
