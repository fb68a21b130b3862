using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

// Files by descriptor: what a process may do with places that somebody hostile can write to.
internal static unsafe partial class LibC
{
    internal const long SYS_openat2 = 437;
    internal const long SYS_statx = 332;
    internal const long SYS_getdents64 = 217;
    internal const long SYS_pread64 = 17;
    internal const long SYS_pwrite64 = 18;
    internal const long SYS_fallocate = 285;
    internal const long SYS_ftruncate = 77;
    internal const long SYS_fdatasync = 75;
    internal const long SYS_flock = 73;
    internal const long SYS_lseek = 8;
    internal const long SYS_fchown = 93;
    internal const long SYS_readlinkat = 267;
    internal const long SYS_getxattr = 191;
    internal const long SYS_listxattr = 194;
    internal const long SYS_listxattrat = 465; // from Linux 6.13 on
    internal const long SYS_fstatfs = 138;
    internal const long SYS_inotify_rm_watch = 255;
    internal const long SYS_lgetxattr = 192;
    internal const long SYS_fgetxattr = 193;
    internal const long SYS_llistxattr = 195;
    internal const long SYS_getrandom = 318;

    internal const int AT_FDCWD = -100;
    internal const int O_WRONLY = 1;
    internal const int O_RDWR = 2;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_APPEND = 0x400;
    internal const int O_DIRECTORY = 0x10000;
    internal const int O_NOFOLLOW = 0x20000;
    internal const int O_PATH = 0x200000;
    internal const int AT_NO_AUTOMOUNT = 0x800;
    internal const ulong RESOLVE_NO_XDEV = 0x01;
    internal const ulong RESOLVE_NO_MAGICLINKS = 0x02;
    internal const ulong RESOLVE_NO_SYMLINKS = 0x04;
    internal const ulong RESOLVE_BENEATH = 0x08;
    internal const uint STATX_BASIC_STATS = 0x7ff;
    internal const uint STATX_BTIME = 0x800;
    internal const int F_SETFL = 4;
    internal const int F_SETPIPE_SZ = 1031;
    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;

    /// <summary>struct open_how (openat2(2)).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenHow
    {
        internal ulong Flags;
        internal ulong Mode;
        internal ulong Resolve;
    }

    /// <summary>struct statx (statx(2)): 256 bytes, of which we name what we read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Statx
    {
        [FieldOffset(0)] internal uint Mask;
        [FieldOffset(4)] internal uint BlockSize;
        [FieldOffset(16)] internal uint Links;
        [FieldOffset(20)] internal uint User;
        [FieldOffset(24)] internal uint Group;
        [FieldOffset(28)] internal ushort Mode;
        [FieldOffset(32)] internal ulong Inode;
        [FieldOffset(40)] internal ulong Size;
        [FieldOffset(48)] internal ulong Blocks;
        [FieldOffset(64)] internal long AccessedSeconds;
        [FieldOffset(72)] internal uint AccessedNanoseconds;
        [FieldOffset(80)] internal long BirthSeconds;
        [FieldOffset(88)] internal uint BirthNanoseconds;
        [FieldOffset(96)] internal long ChangedSeconds;
        [FieldOffset(104)] internal uint ChangedNanoseconds;
        [FieldOffset(112)] internal long ModifiedSeconds;
        [FieldOffset(120)] internal uint ModifiedNanoseconds;
        [FieldOffset(128)] internal uint NodeMajor;
        [FieldOffset(132)] internal uint NodeMinor;
        [FieldOffset(136)] internal uint DeviceMajor;
        [FieldOffset(140)] internal uint DeviceMinor;
    }

    /// <summary>struct statfs (statfs(2)): 120 bytes, of which we name what we read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct StatFs
    {
        [FieldOffset(0)] internal long Type;
        [FieldOffset(16)] internal ulong Blocks;
        [FieldOffset(24)] internal ulong FreeBlocks;
        [FieldOffset(32)] internal ulong AvailableBlocks;
        [FieldOffset(40)] internal ulong Files;
        [FieldOffset(48)] internal ulong FreeFiles;
        [FieldOffset(8)] internal long BlockSize;
        [FieldOffset(64)] internal long NameLength;
        [FieldOffset(72)] internal long FragmentSize;
    }

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlinkat(int directory, string path, int flags);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int fchownat(int directory, string path, uint user, uint group, int flags);

    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
}
