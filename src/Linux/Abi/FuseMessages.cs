using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Abi;

/// <summary>Head of a request.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_in_header
{
    /// <summary>Length of the request with this head.</summary>
    public uint len;
    /// <summary>What is asked for: <see cref="fuse_opcode"/>.</summary>
    public uint opcode;
    /// <summary>Names it in the answer.</summary>
    public ulong unique;
    /// <summary>Which node.</summary>
    public ulong nodeid;
    /// <summary>The caller's user, as the mounting user namespace sees it.</summary>
    public uint uid;
    /// <summary>The caller's group.</summary>
    public uint gid;
    /// <summary>The caller, as the pid namespace of whoever mounted sees it; 0: not visible there.</summary>
    public uint pid;
    /// <summary>Length of what follows the arguments, in units of 8 bytes.</summary>
    public ushort total_extlen;
    /// <summary>0.</summary>
    public ushort padding;
}

/// <summary>Head of an answer, or of a notification (then <see cref="unique"/> is 0).</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_out_header
{
    /// <summary>Length with this head.</summary>
    public uint len;
    /// <summary>0, a negative errno, or a <see cref="fuse_notify_code"/>.</summary>
    public int error;
    /// <summary>Of the request.</summary>
    public ulong unique;
}

/// <summary>What the kernel offers.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_init_in
{
    /// <summary>7.</summary>
    public uint major;
    /// <summary>The kernel's.</summary>
    public uint minor;
    /// <summary>Bytes that it would like to read ahead.</summary>
    public uint max_readahead;
    /// <summary>Lower half of <see cref="FuseInit"/>.</summary>
    public uint flags;
    /// <summary>Upper half.</summary>
    public uint flags2;
    /// <summary>0.</summary>
    public UnusedWords unused;

    /// <summary>Eleven 32-bit words.</summary>
    [InlineArray(11)]
    public struct UnusedWords
    {
        private uint _first;
    }
}

/// <summary>What the server takes.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_init_out
{
    /// <summary>7.</summary>
    public uint major;
    /// <summary>The smaller one of both sides'.</summary>
    public uint minor;
    /// <summary>At most what the kernel would like.</summary>
    public uint max_readahead;
    /// <summary>Lower half of <see cref="FuseInit"/>.</summary>
    public uint flags;
    /// <summary>Requests under way that no process waits for (reading ahead).</summary>
    public ushort max_background;
    /// <summary>From how many of them on the file system counts as busy.</summary>
    public ushort congestion_threshold;
    /// <summary>Longest write.</summary>
    public uint max_write;
    /// <summary>Resolution of times, in nanoseconds.</summary>
    public uint time_gran;
    /// <summary>Longest request, in pages.</summary>
    public ushort max_pages;
    /// <summary>DAX.</summary>
    public ushort map_alignment;
    /// <summary>Upper half.</summary>
    public uint flags2;
    /// <summary>Passthrough: how many file systems may lie upon each other below a backing file, and one.</summary>
    [Since("6.9", Macro = "FUSE_PASSTHROUGH")]
    public uint max_stack_depth;
    /// <summary>FUSE_REQUEST_TIMEOUT: seconds.</summary>
    [Since("6.16", Macro = "FUSE_REQUEST_TIMEOUT")]
    public ushort request_timeout;
    /// <summary>0; the header's own array shrinks with each new member.</summary>
    [Ours]
    public UnusedWords unused;

    /// <summary>Eleven 16-bit words.</summary>
    [InlineArray(11)]
    public struct UnusedWords
    {
        private ushort _first;
    }
}

/// <summary>FUSE_FORGET: how many references to the node of the head.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_forget_in
{
    /// <summary>Lookups that the kernel gives up.</summary>
    public ulong nlookup;
}

/// <summary>FUSE_BATCH_FORGET: so many <see cref="fuse_forget_one"/> follow.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_batch_forget_in
{
    /// <summary>How many.</summary>
    public uint count;
    /// <summary>0.</summary>
    public uint dummy;
}

/// <summary>One of them.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_forget_one
{
    /// <summary>Of which node.</summary>
    public ulong nodeid;
    /// <summary>Lookups that the kernel gives up.</summary>
    public ulong nlookup;
}

/// <summary>FUSE_INTERRUPT.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_interrupt_in
{
    /// <summary>Of which request.</summary>
    public ulong unique;
}

/// <summary>FUSE_NOTIFY_INVAL_INODE.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_inval_inode_out
{
    /// <summary>Of which node.</summary>
    public ulong ino;
    /// <summary>From where on data is dropped; negative: attributes only.</summary>
    public long off;
    /// <summary>How many bytes; 0: up to the end.</summary>
    public long len;
}

/// <summary>FUSE_NOTIFY_INVAL_ENTRY; the name follows, ended by a zero byte.</summary>
[Header("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_inval_entry_out
{
    /// <summary>The directory.</summary>
    public ulong parent;
    /// <summary>Length of the name, without the zero byte.</summary>
    public uint namelen;
    /// <summary><see cref="FuseProtocol.FUSE_EXPIRE_ONLY"/> or 0.</summary>
    public uint flags;
}

/// <summary>FUSE_DEV_IOC_BACKING_OPEN.</summary>
[Header("linux/fuse.h")]
[Since("6.9", Macro = "FUSE_PASSTHROUGH")]
[StructLayout(LayoutKind.Sequential)]
public struct fuse_backing_map
{
    /// <summary>An open regular file.</summary>
    public int fd;
    /// <summary>0.</summary>
    public uint flags;
    /// <summary>0.</summary>
    public ulong padding;
}
