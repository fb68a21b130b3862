using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Abi;

/// <summary>Attributes of a node.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_attr
{
    /// <summary>Inode number.</summary>
    public ulong ino;
    /// <summary>Bytes; the kernel refuses what is negative as a signed number.</summary>
    public ulong size;
    /// <summary>Blocks of 512 bytes.</summary>
    public ulong blocks;
    /// <summary>Last access: seconds, as a signed number's bits.</summary>
    public ulong atime;
    /// <summary>Last change of the content.</summary>
    public ulong mtime;
    /// <summary>Last change of anything.</summary>
    public ulong ctime;
    /// <summary>Nanoseconds of it.</summary>
    public uint atimensec;
    /// <summary>Nanoseconds of it.</summary>
    public uint mtimensec;
    /// <summary>Nanoseconds of it.</summary>
    public uint ctimensec;
    /// <summary>Type and permissions.</summary>
    public uint mode;
    /// <summary>Hard links.</summary>
    public uint nlink;
    /// <summary>Owner.</summary>
    public uint uid;
    /// <summary>Its group.</summary>
    public uint gid;
    /// <summary>Device number, as new_encode_dev() makes it.</summary>
    public uint rdev;
    /// <summary>Preferred size of a read.</summary>
    public uint blksize;
    /// <summary>FUSE_ATTR_*.</summary>
    public uint flags;
}

/// <summary>Answer to FUSE_LOOKUP, and head of a name in FUSE_READDIRPLUS.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_entry_out
{
    /// <summary>The node; 0: there is none.</summary>
    public ulong nodeid;
    /// <summary>Tells two uses of a node number apart.</summary>
    public ulong generation;
    /// <summary>Seconds for which the name leads there.</summary>
    public ulong entry_valid;
    /// <summary>Seconds for which the attributes hold.</summary>
    public ulong attr_valid;
    /// <summary>Nanoseconds of it.</summary>
    public uint entry_valid_nsec;
    /// <summary>Nanoseconds of it.</summary>
    public uint attr_valid_nsec;
    /// <summary>The attributes.</summary>
    public fuse_attr attr;
}

/// <summary>FUSE_GETATTR.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_getattr_in
{
    /// <summary><see cref="FuseProtocol.FUSE_GETATTR_FH"/> or 0.</summary>
    public uint getattr_flags;
    /// <summary>0.</summary>
    public uint dummy;
    /// <summary>File handle.</summary>
    public ulong fh;
}

/// <summary>Its answer.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_attr_out
{
    /// <summary>Seconds for which the attributes hold.</summary>
    public ulong attr_valid;
    /// <summary>Nanoseconds of it.</summary>
    public uint attr_valid_nsec;
    /// <summary>0.</summary>
    public uint dummy;
    /// <summary>The attributes.</summary>
    public fuse_attr attr;
}

/// <summary>A time in FUSE_STATX.</summary>
[Header("linux/fuse.h")]
[Since("6.6", Macro = "FUSE_DIRECT_IO_ALLOW_MMAP")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_sx_time
{
    /// <summary>Seconds since 1970.</summary>
    public long tv_sec;
    /// <summary>Nanoseconds.</summary>
    public uint tv_nsec;
    /// <summary>0.</summary>
    public int __reserved;
}

/// <summary>struct statx, as FUSE_STATX carries it.</summary>
[Header("linux/fuse.h")]
[Since("6.6", Macro = "FUSE_DIRECT_IO_ALLOW_MMAP")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_statx
{
    /// <summary>Which members are valid: STATX_*.</summary>
    public uint mask;
    /// <summary>Preferred size of a read.</summary>
    public uint blksize;
    /// <summary>STATX_ATTR_*; the kernel ignores it.</summary>
    public ulong attributes;
    /// <summary>Hard links.</summary>
    public uint nlink;
    /// <summary>Owner.</summary>
    public uint uid;
    /// <summary>Its group.</summary>
    public uint gid;
    /// <summary>Type and permissions.</summary>
    public ushort mode;
    /// <summary>0.</summary>
    public ushort __spare0;
    /// <summary>Inode number.</summary>
    public ulong ino;
    /// <summary>Bytes.</summary>
    public ulong size;
    /// <summary>Blocks of 512 bytes.</summary>
    public ulong blocks;
    /// <summary>Which of <see cref="attributes"/> are known.</summary>
    public ulong attributes_mask;
    /// <summary>Last access.</summary>
    public fuse_sx_time atime;
    /// <summary>When it was made.</summary>
    public fuse_sx_time btime;
    /// <summary>Last change of anything.</summary>
    public fuse_sx_time ctime;
    /// <summary>Last change of the content.</summary>
    public fuse_sx_time mtime;
    /// <summary>Of a device: its number.</summary>
    public uint rdev_major;
    /// <summary>Of a device: its number.</summary>
    public uint rdev_minor;
    /// <summary>The kernel ignores it.</summary>
    public uint dev_major;
    /// <summary>The kernel ignores it.</summary>
    public uint dev_minor;
    /// <summary>0.</summary>
    public SpareWords __spare2;

    /// <summary>Fourteen 64-bit words.</summary>
    [InlineArray(14)]
    public struct SpareWords
    {
        private ulong _first;
    }
}

/// <summary>FUSE_STATX.</summary>
[Header("linux/fuse.h")]
[Since("6.6", Macro = "FUSE_DIRECT_IO_ALLOW_MMAP")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_statx_in
{
    /// <summary><see cref="FuseProtocol.FUSE_GETATTR_FH"/> or 0.</summary>
    public uint getattr_flags;
    /// <summary>0.</summary>
    public uint reserved;
    /// <summary>File handle.</summary>
    public ulong fh;
    /// <summary>AT_STATX_*.</summary>
    public uint sx_flags;
    /// <summary>What is asked for.</summary>
    public uint sx_mask;
}

/// <summary>Its answer.</summary>
[Header("linux/fuse.h")]
[Since("6.6", Macro = "FUSE_DIRECT_IO_ALLOW_MMAP")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_statx_out
{
    /// <summary>Seconds for which the attributes hold.</summary>
    public ulong attr_valid;
    /// <summary>Nanoseconds of it.</summary>
    public uint attr_valid_nsec;
    /// <summary>0.</summary>
    public uint flags;
    /// <summary>0.</summary>
    public SpareWords spare;
    /// <summary>The attributes.</summary>
    public fuse_statx stat;

    /// <summary>Two 64-bit words.</summary>
    [InlineArray(2)]
    public struct SpareWords
    {
        private ulong _first;
    }
}

/// <summary>Answer to FUSE_STATFS.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_kstatfs
{
    /// <summary>Size, in units of <see cref="frsize"/>.</summary>
    public ulong blocks;
    /// <summary>Free.</summary>
    public ulong bfree;
    /// <summary>Free for an ordinary user.</summary>
    public ulong bavail;
    /// <summary>Inodes.</summary>
    public ulong files;
    /// <summary>Free inodes.</summary>
    public ulong ffree;
    /// <summary>Preferred size of a read.</summary>
    public uint bsize;
    /// <summary>Longest name.</summary>
    public uint namelen;
    /// <summary>Size of a block.</summary>
    public uint frsize;
    /// <summary>0.</summary>
    public uint padding;
    /// <summary>0.</summary>
    public SpareWords spare;

    /// <summary>Six 32-bit words.</summary>
    [InlineArray(6)]
    public struct SpareWords
    {
        private uint _first;
    }
}

/// <summary>FUSE_GETXATTR and FUSE_LISTXATTR; of the former the name follows.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_getxattr_in
{
    /// <summary>Room for the value; 0: only its length is asked for.</summary>
    public uint size;
    /// <summary>0.</summary>
    public uint padding;
}

/// <summary>Their answer if only the length was asked for; else it is the value.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_getxattr_out
{
    /// <summary>The length.</summary>
    public uint size;
    /// <summary>0.</summary>
    public uint padding;
}

/// <summary>FUSE_ACCESS.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_access_in
{
    /// <summary>R_OK, W_OK, X_OK.</summary>
    public uint mask;
    /// <summary>0.</summary>
    public uint padding;
}
