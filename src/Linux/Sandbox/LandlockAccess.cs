namespace HyperSpector.Linux.Sandbox;

/// <summary>Rights on files (LANDLOCK_ACCESS_FS_* of linux/landlock.h).</summary>
[Flags]
public enum LandlockAccess
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Execute a file.</summary>
    Execute = 1 << 0,

    /// <summary>Open a file for writing.</summary>
    WriteFile = 1 << 1,

    /// <summary>Open a file for reading.</summary>
    ReadFile = 1 << 2,

    /// <summary>List a directory.</summary>
    ReadDirectory = 1 << 3,

    /// <summary>Remove an empty directory.</summary>
    RemoveDirectory = 1 << 4,

    /// <summary>Remove or rename a file.</summary>
    RemoveFile = 1 << 5,

    /// <summary>Make a directory.</summary>
    MakeDirectory = 1 << 7,

    /// <summary>Make a regular file.</summary>
    MakeRegular = 1 << 8,

    /// <summary>Make a Unix socket.</summary>
    MakeSocket = 1 << 9,

    /// <summary>Link or rename across directories (ABI 2).</summary>
    Refer = 1 << 13,

    /// <summary>Truncate a file (ABI 3).</summary>
    Truncate = 1 << 14,

    /// <summary>ioctl(2) on devices (ABI 5).</summary>
    IoctlDevice = 1 << 15,

    /// <summary>Read files and directories.</summary>
    Read = ReadFile | ReadDirectory,

    /// <summary>Make, write, cut and remove regular files.</summary>
    WriteRegular = WriteFile | MakeRegular | RemoveFile | Truncate,
}
