using HyperSpector.Linux;

namespace HyperSpector.Engine.Fuse;

/// <summary>
/// A read-only tree that a <see cref="FuseServer"/> shows. Members are called by several threads at once and answer with the errno
/// that the kernel would give; a node that is no longer what it was answers ESTALE, and the kernel then looks it up anew. An
/// exception is EIO for that one request.
/// </summary>
/// <remarks>
/// ENOSYS must not be answered, but to <see cref="Open"/>: the kernel would not ask again until the file system is mounted anew (the server
/// makes it EIO).
/// What the kernel may keep is withdrawn with <see cref="FuseNotifier"/>, whose remarks say when that may wait for a member of this.
/// </remarks>
public interface IFuseTree
{
    /// <summary>
    /// Finds a name. An entry whose <see cref="FuseEntry.Node"/> is 0, without an error, says that there is nothing, for
    /// <see cref="FuseEntry.EntryValid"/>. Otherwise the node's lookup count grows by one, until <see cref="Forget"/>.
    /// </summary>
    Errno Lookup(ulong parent, ReadOnlySpan<byte> name, out FuseEntry entry);

    /// <summary>
    /// The kernel gives up <paramref name="lookups"/> of its references to a node. Both numbers are to be taken with suspicion: more
    /// than there are is none.
    /// </summary>
    void Forget(ulong node, ulong lookups);

    /// <summary>Attributes, and how long the kernel may keep them.</summary>
    Errno GetAttributes(ulong node, out FuseAttributes attributes, out TimeSpan valid);

    /// <summary>The text of a symbolic link.</summary>
    Errno ReadLink(ulong node, Span<byte> target, out int length);

    /// <summary>
    /// Opens a regular file for reading; anything else is refused. ENOSYS: no file needs to be opened. The kernel then never asks again, reads with
    /// handle 0, and keeps what it has read from one open to the next, until that is withdrawn (FUSE_NO_OPEN_SUPPORT, fuse_file_open).
    /// </summary>
    Errno Open(ulong node, out FuseOpened opened);

    /// <summary>Reads from an open file; fewer bytes than asked for only at its end.</summary>
    Errno Read(ulong node, ulong handle, ulong offset, Span<byte> into, out int count);

    /// <summary>Where the next data or hole begins (lseek(2), SEEK_DATA and SEEK_HOLE).</summary>
    Errno Seek(ulong node, ulong handle, ulong offset, int whence, out ulong position);

    /// <summary>The last descriptor of an open file is closed.</summary>
    void Release(ulong node, ulong handle);

    /// <summary>Opens a directory for listing.</summary>
    Errno OpenDirectory(ulong node, out ulong handle);

    /// <summary>
    /// Adds names from <paramref name="position"/> (0: the beginning) on until the listing is full or there are no more. A name that
    /// was added with its entry counts as a <see cref="Lookup"/>, one that did not fit does not.
    /// </summary>
    Errno ReadDirectory(ulong node, ulong handle, ulong position, ref DirectoryListing listing);

    /// <summary>The last descriptor of an open directory is closed.</summary>
    void ReleaseDirectory(ulong node, ulong handle);

    /// <summary>
    /// The value of an extended attribute. With an empty <paramref name="value"/> only its length is told; ERANGE if it does not fit;
    /// ENODATA if there is none.
    /// </summary>
    Errno GetExtendedAttribute(ulong node, ReadOnlySpan<byte> name, Span<byte> value, out int length);

    /// <summary>The names of all extended attributes, each ended by a zero byte; otherwise as <see cref="GetExtendedAttribute"/>.</summary>
    Errno ListExtendedAttributes(ulong node, Span<byte> names, out int length);

    /// <summary>What statfs(2) says.</summary>
    Errno GetFileSystem(ulong node, out FuseFileSystem status);

    /// <summary>
    /// May the kernel keep a listing of this directory, asked when it is opened? Only if whatever comes to it or goes from it is told
    /// (<see cref="FuseNotifier.InvalidateEntry"/> of the name, then <see cref="FuseNotifier.InvalidateData"/> of the directory). A scan
    /// that is repeated then needs no FUSE_READDIRPLUS.
    /// </summary>
    bool KeepsListing(ulong node) => false;

    /// <summary>What lsattr(1) shows (FS_IOC_GETFLAGS, ioctl_iflags(2)); ENOTTY: the file system has no such thing.</summary>
    Errno GetFlags(ulong node, out uint flags)
    {
        flags = 0;
        return Errno.ENOTTY;
    }
}
