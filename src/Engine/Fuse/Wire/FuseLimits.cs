using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse.Wire;

/// <summary>What a message may have at most.</summary>
public static class FuseLimits
{
    /// <summary>Of a name (NAME_MAX). The kernel's FUSE lets longer ones pass, no file system that we show has them.</summary>
    public const int Name = 255;

    /// <summary>Of the name of an extended attribute (XATTR_NAME_MAX).</summary>
    public const int AttributeName = 255;

    /// <summary>Of a value, or of a list of names (XATTR_SIZE_MAX, XATTR_LIST_MAX).</summary>
    public const int AttributeValue = 65536;

    /// <summary>Of the text of a symbolic link: the kernel's buffer is a page, with a zero byte.</summary>
    public const int Link = 4095;

    /// <summary>Of what one FUSE_READ asks for: 256 pages, the kernel's own limit (fs.fuse.max_pages_limit).</summary>
    public const int Read = MaxPages * 4096;

    /// <summary>In pages.</summary>
    public const int MaxPages = 256;

    /// <summary>The least that the kernel allows; nothing is ever written.</summary>
    public const int MaxWrite = 4096;

    /// <summary>
    /// Of a buffer for requests: the kernel refuses to read into one that has not room for its heads and <see cref="MaxWrite"/> bytes.
    /// A longer request (FUSE_SETXATTR) it answers itself, with an error.
    /// </summary>
    public const int Request = FuseProtocol.FUSE_MIN_READ_BUFFER;

    /// <summary>Of a buffer for answers.</summary>
    public const int Reply = ReplyHead + Read;

    /// <summary>struct fuse_in_header.</summary>
    public const int RequestHead = 40;

    /// <summary>struct fuse_out_header.</summary>
    public const int ReplyHead = 16;
}
