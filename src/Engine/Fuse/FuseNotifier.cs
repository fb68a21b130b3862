using System.Runtime.InteropServices;
using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse;

/// <summary>
/// Withdraws what the kernel keeps. When a call has returned, whoever looks next sees what the tree says then. ENOENT: the kernel does not
/// have it, which is as good.
/// </summary>
/// <remarks>
/// <para>
/// Never call it from a thread that answers requests, nor while holding a lock that a member of <see cref="IFuseTree"/> takes. The kernel
/// waits inside: <see cref="InvalidateEntry"/> for the directory's lock, which every lookup and listing holds until it is answered, and
/// <see cref="InvalidateData"/> for the locks of pages that are being read.
/// </para>
/// <para>
/// That wait is also what makes it reliable: a lookup that the tree answered before a change has been taken by the kernel before the name
/// is withdrawn, not after. So a change of a directory is told in this order: the tree knows it; the name; the directory's data (its
/// cached listing) and attributes, which <see cref="InvalidateData"/> withdraws together.
/// </para>
/// </remarks>
/// <param name="channel">A descriptor of the connection, also one that another thread reads.</param>
/// <param name="session">What was negotiated; null: it is not known to have been, and what the kernel may not know is not sent.</param>
public sealed class FuseNotifier(IFuseChannel channel, FuseSession? session)
{
    private const int HeadSize = FuseLimits.ReplyHead;
    private const int EntrySize = 16; // struct fuse_notify_inval_entry_out

    /// <summary>A name leads elsewhere, or nowhere, or now does lead somewhere.</summary>
    public Errno InvalidateEntry(ulong parent, ReadOnlySpan<byte> name) => Entry(parent, name, 0);

    /// <summary>
    /// As <see cref="InvalidateEntry"/>, but what is known of the name stays until it has been looked up anew: for names that something
    /// is mounted on. Before 6.2 it is <see cref="InvalidateEntry"/>, which undoes such mounts.
    /// </summary>
    public Errno ExpireEntry(ulong parent, ReadOnlySpan<byte> name) =>
        Entry(parent, name, session is { CanExpire: true } ? FuseProtocol.FUSE_EXPIRE_ONLY : 0);

    /// <summary>Attributes and ACLs of a node have changed.</summary>
    public Errno InvalidateAttributes(ulong node) => Inode(node, -1);

    /// <summary>So has its content: of a file, a listing that is kept, or a symbolic link.</summary>
    public Errno InvalidateData(ulong node) => Inode(node, 0);

    /// <summary>
    /// No name that the kernel has may be used without asking, in one call instead of one for each. EOPNOTSUPP before 6.16. Attributes,
    /// data and open files are not touched.
    /// </summary>
    public Errno InvalidateAllEntries() => session is { CanDropNames: true } ? Bare(fuse_notify_code.FUSE_NOTIFY_INC_EPOCH) : Errno.EOPNOTSUPP;

    /// <summary>
    /// Requests that an earlier process had read and did not answer are read again, with another <see cref="FuseRequest.Unique"/>; to be
    /// called before <see cref="FuseLoop"/> starts. It is sent without a session, too: FUSE_INIT is such a request. If EINVAL is the
    /// answer to that, the kernel does not know how to (before 6.9), and the file system has to be mounted anew.
    /// </summary>
    /// <remarks>
    /// EOPNOTSUPP before 6.9. There, a caller whose request was lost waits for ever, not even SIGKILL ends it (request_wait_answer), until
    /// the connection is aborted: all descriptors of it closed, or /sys/fs/fuse/connections/*/abort. Other callers notice nothing. The
    /// kernel looks only at descriptors that are open: what was read through a clone that closed with its process failed with
    /// ECONNABORTED then. So where a takeover matters, read the descriptor that somebody else keeps open.
    /// </remarks>
    public Errno Resend() => session is { CanResend: false } ? Errno.EOPNOTSUPP : Bare(fuse_notify_code.FUSE_NOTIFY_RESEND);

    private Errno Bare(fuse_notify_code code)
    {
        Span<byte> message = stackalloc byte[HeadSize];
        return Send(code, message);
    }

    private Errno Inode(ulong node, long from)
    {
        var what = new fuse_notify_inval_inode_out { ino = node, off = from };
        Span<byte> message = stackalloc byte[HeadSize + 24];
        MemoryMarshal.Write(message[HeadSize..], in what);
        return Send(fuse_notify_code.FUSE_NOTIFY_INVAL_INODE, message);
    }

    private Errno Entry(ulong parent, ReadOnlySpan<byte> name, uint flags)
    {
        if (name.IsEmpty || name.Length > FuseLimits.Name)
            return Errno.ENAMETOOLONG;
        var what = new fuse_notify_inval_entry_out { parent = parent, namelen = (uint)name.Length, flags = flags };
        Span<byte> message = stackalloc byte[HeadSize + EntrySize + FuseLimits.Name + 1];
        MemoryMarshal.Write(message[HeadSize..], in what);
        name.CopyTo(message[(HeadSize + EntrySize)..]);
        message[HeadSize + EntrySize + name.Length] = 0;
        return Send(fuse_notify_code.FUSE_NOTIFY_INVAL_ENTRY, message[..(HeadSize + EntrySize + name.Length + 1)]);
    }

    private Errno Send(fuse_notify_code code, Span<byte> message)
    {
        var head = new fuse_out_header { len = (uint)message.Length, error = (int)code };
        MemoryMarshal.Write(message, in head);
        return channel.TryWrite(message);
    }
}
