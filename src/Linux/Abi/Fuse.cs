namespace HyperSpector.Linux.Abi;

/// <summary>Numbers of the protocol of /dev/fuse. INIT flags have a type of their own: <see cref="FuseInit"/>.</summary>
[Header("linux/stat.h linux/fs.h linux/fuse.h")]
public static class FuseProtocol
{
    /// <summary>The major version that there is.</summary>
    public const uint FUSE_KERNEL_VERSION = 7;
    /// <summary>The newest minor version whose messages we know; the header of the day may have another.</summary>
    [Ours]
    public const uint NewestMinor = 45;
    /// <summary>The root's node number.</summary>
    public const ulong FUSE_ROOT_ID = 1;
    /// <summary>No read of the device with a smaller buffer succeeds.</summary>
    public const int FUSE_MIN_READ_BUFFER = 8192;
    /// <summary>In <see cref="fuse_in_header.unique"/>: the request had been read before (FUSE_NOTIFY_RESEND).</summary>
    [Since("6.9")]
    public const ulong FUSE_UNIQUE_RESEND = 1UL << 63;

    /// <summary>Open: not through the page cache.</summary>
    public const uint FOPEN_DIRECT_IO = 1 << 0;
    /// <summary>Open: what the page cache has is right.</summary>
    public const uint FOPEN_KEEP_CACHE = 1 << 1;
    /// <summary>Open: no lseek(2).</summary>
    public const uint FOPEN_NONSEEKABLE = 1 << 2;
    /// <summary>Open of a directory: the page cache may keep the listing.</summary>
    public const uint FOPEN_CACHE_DIR = 1 << 3;
    /// <summary>Open: no position at all.</summary>
    public const uint FOPEN_STREAM = 1 << 4;
    /// <summary>Open: no FUSE_FLUSH.</summary>
    public const uint FOPEN_NOFLUSH = 1 << 5;
    /// <summary>Open: direct writes side by side.</summary>
    public const uint FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6;
    /// <summary>Open: the kernel reads <see cref="fuse_open_out.backing_id"/> itself. Together with FOPEN_KEEP_CACHE it is EIO.</summary>
    [Since("6.9")]
    public const uint FOPEN_PASSTHROUGH = 1 << 7;

    /// <summary>GETATTR: the file handle is valid.</summary>
    public const uint FUSE_GETATTR_FH = 1 << 0;
    /// <summary>INVAL_ENTRY: ask again, do not unhash.</summary>
    public const uint FUSE_EXPIRE_ONLY = 1 << 0;
    /// <summary>IOCTL: of a directory.</summary>
    public const uint FUSE_IOCTL_DIR = 1 << 4;

    /// <summary>ioctl of the device: another descriptor of the same connection, with a queue of its own.</summary>
    public const uint FUSE_DEV_IOC_CLONE = 0x8004E500;
    /// <summary>ioctl of the device: registers a file for passthrough; needs CAP_SYS_ADMIN.</summary>
    [Since("6.9")]
    public const uint FUSE_DEV_IOC_BACKING_OPEN = 0x4010E501;
    /// <summary>ioctl of the device: the opposite.</summary>
    [Since("6.9")]
    public const uint FUSE_DEV_IOC_BACKING_CLOSE = 0x4004E502;
    /// <summary>ioctl of the device: mounting waits for the answer to FUSE_INIT.</summary>
    [Since("6.18")]
    public const uint FUSE_DEV_IOC_SYNC_INIT = 0x0000E503;

    /// <summary>ioctl that the kernel passes on: attributes of a file as chattr(1) shows them.</summary>
    public const uint FS_IOC_GETFLAGS = 0x80086601;

    /// <summary>STATX: what stat(2) has.</summary>
    public const uint STATX_BASIC_STATS = 0x7ff;
    /// <summary>STATX: when the file was made.</summary>
    public const uint STATX_BTIME = 0x800;
}

/// <summary>
/// What kernel and server can agree upon in FUSE_INIT. The upper 32 bits travel in <c>flags2</c>, if FUSE_INIT_EXT is set.
/// </summary>
[Header("linux/fuse.h")]
public static class FuseInit
{
    /// <summary>Several reads of a file at a time.</summary>
    public const ulong FUSE_ASYNC_READ = 1UL << 0;
    /// <summary>Locks of fcntl(2) are the server's; without it they are the mount's own.</summary>
    public const ulong FUSE_POSIX_LOCKS = 1UL << 1;
    /// <summary>Not supported yet, says the header.</summary>
    public const ulong FUSE_FILE_OPS = 1UL << 2;
    /// <summary>O_TRUNC comes with FUSE_OPEN.</summary>
    public const ulong FUSE_ATOMIC_O_TRUNC = 1UL << 3;
    /// <summary>Lookups of "." and ".." work, so that file handles do.</summary>
    public const ulong FUSE_EXPORT_SUPPORT = 1UL << 4;
    /// <summary>Writes of more than a page.</summary>
    public const ulong FUSE_BIG_WRITES = 1UL << 5;
    /// <summary>The umask is the server's affair.</summary>
    public const ulong FUSE_DONT_MASK = 1UL << 6;
    /// <summary>splice(2) to the device.</summary>
    public const ulong FUSE_SPLICE_WRITE = 1UL << 7;
    /// <summary>splice(2) that moves pages.</summary>
    public const ulong FUSE_SPLICE_MOVE = 1UL << 8;
    /// <summary>splice(2) from the device.</summary>
    public const ulong FUSE_SPLICE_READ = 1UL << 9;
    /// <summary>Locks of flock(2) are the server's.</summary>
    public const ulong FUSE_FLOCK_LOCKS = 1UL << 10;
    /// <summary>ioctl(2) of directories comes, too.</summary>
    public const ulong FUSE_HAS_IOCTL_DIR = 1UL << 11;
    /// <summary>Cached data is dropped when size or mtime turn out to be others.</summary>
    public const ulong FUSE_AUTO_INVAL_DATA = 1UL << 12;
    /// <summary>FUSE_READDIRPLUS.</summary>
    public const ulong FUSE_DO_READDIRPLUS = 1UL << 13;
    /// <summary>FUSE_READDIRPLUS only where it seems useful.</summary>
    public const ulong FUSE_READDIRPLUS_AUTO = 1UL << 14;
    /// <summary>Several direct reads at a time.</summary>
    public const ulong FUSE_ASYNC_DIO = 1UL << 15;
    /// <summary>Writes are cached.</summary>
    public const ulong FUSE_WRITEBACK_CACHE = 1UL << 16;
    /// <summary>ENOSYS to FUSE_OPEN means that none is needed.</summary>
    public const ulong FUSE_NO_OPEN_SUPPORT = 1UL << 17;
    /// <summary>Lookups and listings of a directory side by side.</summary>
    public const ulong FUSE_PARALLEL_DIROPS = 1UL << 18;
    /// <summary>The server clears set-user-id bits.</summary>
    public const ulong FUSE_HANDLE_KILLPRIV = 1UL << 19;
    /// <summary>The kernel honours and caches POSIX ACLs.</summary>
    public const ulong FUSE_POSIX_ACL = 1UL << 20;
    /// <summary>After an abort a read of the device is ECONNABORTED.</summary>
    public const ulong FUSE_ABORT_ERROR = 1UL << 21;
    /// <summary>Requests of more than 32 pages.</summary>
    public const ulong FUSE_MAX_PAGES = 1UL << 22;
    /// <summary>Symbolic links are cached.</summary>
    public const ulong FUSE_CACHE_SYMLINKS = 1UL << 23;
    /// <summary>As FUSE_NO_OPEN_SUPPORT, for directories.</summary>
    public const ulong FUSE_NO_OPENDIR_SUPPORT = 1UL << 24;
    /// <summary>Cached data is dropped only when the server says so.</summary>
    public const ulong FUSE_EXPLICIT_INVAL_DATA = 1UL << 25;
    /// <summary>DAX.</summary>
    public const ulong FUSE_MAP_ALIGNMENT = 1UL << 26;
    /// <summary>Nodes that are roots of further mounts.</summary>
    public const ulong FUSE_SUBMOUNTS = 1UL << 27;
    /// <summary>FUSE_HANDLE_KILLPRIV as it should have been.</summary>
    public const ulong FUSE_HANDLE_KILLPRIV_V2 = 1UL << 28;
    /// <summary>A longer FUSE_SETXATTR.</summary>
    public const ulong FUSE_SETXATTR_EXT = 1UL << 29;
    /// <summary><c>flags2</c> is valid.</summary>
    public const ulong FUSE_INIT_EXT = 1UL << 30;
    /// <summary>Security labels come with what creates.</summary>
    public const ulong FUSE_SECURITY_CTX = 1UL << 32;
    /// <summary>DAX.</summary>
    public const ulong FUSE_HAS_INODE_DAX = 1UL << 33;
    /// <summary>Groups come with what creates.</summary>
    [Since("6.3")]
    public const ulong FUSE_CREATE_SUPP_GROUP = 1UL << 34;
    /// <summary>FUSE_EXPIRE_ONLY is known.</summary>
    public const ulong FUSE_HAS_EXPIRE_ONLY = 1UL << 35;
    /// <summary>Shared mappings of files opened with FOPEN_DIRECT_IO.</summary>
    [Since("6.6")]
    public const ulong FUSE_DIRECT_IO_ALLOW_MMAP = 1UL << 36;
    /// <summary>Data from backing files.</summary>
    [Since("6.9")]
    public const ulong FUSE_PASSTHROUGH = 1UL << 37;
    /// <summary>No file handles (name_to_handle_at(2)) at all.</summary>
    [Since("6.9")]
    public const ulong FUSE_NO_EXPORT_SUPPORT = 1UL << 38;
    /// <summary>FUSE_NOTIFY_RESEND is known.</summary>
    [Since("6.9")]
    public const ulong FUSE_HAS_RESEND = 1UL << 39;
    /// <summary>The mount may be idmapped.</summary>
    [Since("6.12")]
    public const ulong FUSE_ALLOW_IDMAP = 1UL << 40;
    /// <summary>Requests over io_uring.</summary>
    [Since("6.14")]
    public const ulong FUSE_OVER_IO_URING = 1UL << 41;
    /// <summary>The connection is aborted when an answer takes too long.</summary>
    [Since("6.16")]
    public const ulong FUSE_REQUEST_TIMEOUT = 1UL << 42;
}
