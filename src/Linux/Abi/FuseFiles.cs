using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Abi;

/// <summary>FUSE_OPEN and FUSE_OPENDIR.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_open_in
{
    /// <summary>O_* of open(2).</summary>
    public uint flags;
    /// <summary>FUSE_OPEN_*.</summary>
    public uint open_flags;
}

/// <summary>Their answer.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_open_out
{
    /// <summary>File handle.</summary>
    public ulong fh;
    /// <summary>FOPEN_*.</summary>
    public uint open_flags;
    /// <summary>Of FUSE_DEV_IOC_BACKING_OPEN, with FOPEN_PASSTHROUGH.</summary>
    [Since("6.9", Macro = "FUSE_PASSTHROUGH")]
    public int backing_id;
}

/// <summary>FUSE_READ, FUSE_READDIR and FUSE_READDIRPLUS.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_read_in
{
    /// <summary>File handle.</summary>
    public ulong fh;
    /// <summary>From where on: a byte, or the <c>off</c> of the last name.</summary>
    public ulong offset;
    /// <summary>How much at most.</summary>
    public uint size;
    /// <summary>FUSE_READ_*.</summary>
    public uint read_flags;
    /// <summary>Of mandatory locks.</summary>
    public ulong lock_owner;
    /// <summary>O_* of the open file.</summary>
    public uint flags;
    /// <summary>0.</summary>
    public uint padding;
}

/// <summary>FUSE_RELEASE and FUSE_RELEASEDIR.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_release_in
{
    /// <summary>File handle.</summary>
    public ulong fh;
    /// <summary>O_* of the open file.</summary>
    public uint flags;
    /// <summary>FUSE_RELEASE_*.</summary>
    public uint release_flags;
    /// <summary>Of locks.</summary>
    public ulong lock_owner;
}

/// <summary>FUSE_LSEEK.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_lseek_in
{
    /// <summary>File handle.</summary>
    public ulong fh;
    /// <summary>From where on.</summary>
    public ulong offset;
    /// <summary>SEEK_DATA or SEEK_HOLE.</summary>
    public uint whence;
    /// <summary>0.</summary>
    public uint padding;
}

/// <summary>Its answer.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_lseek_out
{
    /// <summary>Where it is.</summary>
    public ulong offset;
}

/// <summary>FUSE_IOCTL.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_ioctl_in
{
    /// <summary>File handle.</summary>
    public ulong fh;
    /// <summary>FUSE_IOCTL_*.</summary>
    public uint flags;
    /// <summary>The command.</summary>
    public uint cmd;
    /// <summary>The caller's argument, an address of its memory.</summary>
    public ulong arg;
    /// <summary>How many bytes follow.</summary>
    public uint in_size;
    /// <summary>How many may be answered.</summary>
    public uint out_size;
}

/// <summary>Its answer; the bytes follow.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_ioctl_out
{
    /// <summary>What ioctl(2) returns.</summary>
    public int result;
    /// <summary>FUSE_IOCTL_*.</summary>
    public uint flags;
    /// <summary>Of a retry.</summary>
    public uint in_iovs;
    /// <summary>Of a retry.</summary>
    public uint out_iovs;
}

/// <summary>A name in a listing; its bytes follow, padded to 8 (FUSE_DIRENT_ALIGN).</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_dirent
{
    /// <summary>Inode number.</summary>
    public ulong ino;
    /// <summary>Where the listing goes on after it.</summary>
    public ulong off;
    /// <summary>Length of the name.</summary>
    public uint namelen;
    /// <summary>S_IFMT of its mode, shifted right by 12 (DT_*).</summary>
    public uint type;
}
