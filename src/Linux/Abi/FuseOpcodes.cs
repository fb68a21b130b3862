namespace HyperSpector.Linux.Abi;

/// <summary>What a request of the kernel's asks for (linux/fuse.h, enum fuse_opcode).</summary>
[Header("linux/fuse.h")]
public enum fuse_opcode : uint
{
    /// <summary>Find a name.</summary>
    FUSE_LOOKUP = 1,
    /// <summary>The kernel gives up references to a node; no reply.</summary>
    FUSE_FORGET = 2,
    /// <summary>stat(2).</summary>
    FUSE_GETATTR = 3,
    /// <summary>chmod(2), chown(2), truncate(2), utimensat(2).</summary>
    FUSE_SETATTR = 4,
    /// <summary>readlink(2).</summary>
    FUSE_READLINK = 5,
    /// <summary>symlink(2).</summary>
    FUSE_SYMLINK = 6,
    /// <summary>mknod(2).</summary>
    FUSE_MKNOD = 8,
    /// <summary>mkdir(2).</summary>
    FUSE_MKDIR = 9,
    /// <summary>unlink(2).</summary>
    FUSE_UNLINK = 10,
    /// <summary>rmdir(2).</summary>
    FUSE_RMDIR = 11,
    /// <summary>rename(2).</summary>
    FUSE_RENAME = 12,
    /// <summary>link(2).</summary>
    FUSE_LINK = 13,
    /// <summary>open(2).</summary>
    FUSE_OPEN = 14,
    /// <summary>pread(2), and what fills the page cache.</summary>
    FUSE_READ = 15,
    /// <summary>pwrite(2).</summary>
    FUSE_WRITE = 16,
    /// <summary>statfs(2).</summary>
    FUSE_STATFS = 17,
    /// <summary>The last descriptor of an open file is closed.</summary>
    FUSE_RELEASE = 18,
    /// <summary>fsync(2).</summary>
    FUSE_FSYNC = 20,
    /// <summary>setxattr(2).</summary>
    FUSE_SETXATTR = 21,
    /// <summary>getxattr(2).</summary>
    FUSE_GETXATTR = 22,
    /// <summary>listxattr(2).</summary>
    FUSE_LISTXATTR = 23,
    /// <summary>removexattr(2).</summary>
    FUSE_REMOVEXATTR = 24,
    /// <summary>Each close(2) of a descriptor.</summary>
    FUSE_FLUSH = 25,
    /// <summary>The first request: version and features.</summary>
    FUSE_INIT = 26,
    /// <summary>open(2) of a directory.</summary>
    FUSE_OPENDIR = 27,
    /// <summary>getdents(2).</summary>
    FUSE_READDIR = 28,
    /// <summary>The last descriptor of an open directory is closed.</summary>
    FUSE_RELEASEDIR = 29,
    /// <summary>fsync(2) of a directory.</summary>
    FUSE_FSYNCDIR = 30,
    /// <summary>fcntl(2), F_GETLK; only if FUSE_POSIX_LOCKS was negotiated.</summary>
    FUSE_GETLK = 31,
    /// <summary>fcntl(2), F_SETLK.</summary>
    FUSE_SETLK = 32,
    /// <summary>fcntl(2), F_SETLKW.</summary>
    FUSE_SETLKW = 33,
    /// <summary>access(2), without the mount option default_permissions.</summary>
    FUSE_ACCESS = 34,
    /// <summary>open(2) with O_CREAT.</summary>
    FUSE_CREATE = 35,
    /// <summary>The caller of an earlier request got a signal; no reply.</summary>
    FUSE_INTERRUPT = 36,
    /// <summary>FIBMAP, on block devices only.</summary>
    FUSE_BMAP = 37,
    /// <summary>The file system is unmounted (of block devices only).</summary>
    FUSE_DESTROY = 38,
    /// <summary>ioctl(2).</summary>
    FUSE_IOCTL = 39,
    /// <summary>poll(2).</summary>
    FUSE_POLL = 40,
    /// <summary>Answers FUSE_NOTIFY_RETRIEVE; no reply.</summary>
    FUSE_NOTIFY_REPLY = 41,
    /// <summary>Several FUSE_FORGET; no reply.</summary>
    FUSE_BATCH_FORGET = 42,
    /// <summary>fallocate(2).</summary>
    FUSE_FALLOCATE = 43,
    /// <summary>getdents(2), with a lookup of each name.</summary>
    FUSE_READDIRPLUS = 44,
    /// <summary>renameat2(2).</summary>
    FUSE_RENAME2 = 45,
    /// <summary>lseek(2), SEEK_DATA and SEEK_HOLE.</summary>
    FUSE_LSEEK = 46,
    /// <summary>copy_file_range(2).</summary>
    FUSE_COPY_FILE_RANGE = 47,
    /// <summary>DAX, virtiofs only.</summary>
    FUSE_SETUPMAPPING = 48,
    /// <summary>DAX, virtiofs only.</summary>
    FUSE_REMOVEMAPPING = 49,
    /// <summary>syncfs(2), virtiofs only.</summary>
    FUSE_SYNCFS = 50,
    /// <summary>open(2), O_TMPFILE.</summary>
    FUSE_TMPFILE = 51,
    /// <summary>statx(2) where more than stat(2) is asked for.</summary>
    [Since("6.6", Macro = "FUSE_DIRECT_IO_ALLOW_MMAP")]
    FUSE_STATX = 52,
    /// <summary>copy_file_range(2) whose result has 64 bits.</summary>
    [Since("6.18", Macro = "FUSE_DEV_IOC_SYNC_INIT")]
    FUSE_COPY_FILE_RANGE_64 = 53,
    /// <summary>First request of a character device in user space.</summary>
    CUSE_INIT = 4096,
}

/// <summary>What the server tells the kernel unasked: an answer whose <c>unique</c> is 0 has one of these as its error.</summary>
[Header("linux/fuse.h")]
public enum fuse_notify_code
{
    /// <summary>A polled file is ready.</summary>
    FUSE_NOTIFY_POLL = 1,
    /// <summary>Attributes, and perhaps data, of a node are no longer right.</summary>
    FUSE_NOTIFY_INVAL_INODE = 2,
    /// <summary>A name no longer leads where it did.</summary>
    FUSE_NOTIFY_INVAL_ENTRY = 3,
    /// <summary>Put data into the page cache.</summary>
    FUSE_NOTIFY_STORE = 4,
    /// <summary>Tell what is in the page cache.</summary>
    FUSE_NOTIFY_RETRIEVE = 5,
    /// <summary>A name is gone.</summary>
    FUSE_NOTIFY_DELETE = 6,
    /// <summary>Requests that were read and never answered are to be read again.</summary>
    [Since("6.9", Macro = "FUSE_HAS_RESEND")]
    FUSE_NOTIFY_RESEND = 7,
    /// <summary>No name that is cached may be used without asking.</summary>
    [Since("6.16", Macro = "FUSE_REQUEST_TIMEOUT")]
    FUSE_NOTIFY_INC_EPOCH = 8,
    /// <summary>Give up nodes that nobody uses.</summary>
    [Since("6.18", Macro = "FUSE_DEV_IOC_SYNC_INIT")]
    FUSE_NOTIFY_PRUNE = 9,
}
