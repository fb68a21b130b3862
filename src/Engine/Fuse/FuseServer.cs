using System.Runtime.InteropServices;
using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse;

/// <summary>
/// Turns requests of /dev/fuse into calls of a tree: bytes in, bytes out, so that it needs no device. Any number of threads may call it
/// at once. It allocates nothing for a request that succeeds.
/// </summary>
public sealed class FuseServer
{
    private const int ErrnoLimit = 511; // The kernel takes no larger one (fuse_dev_do_write).

    private readonly BoundedLog _log;
    private readonly Action<FuseSession>? _negotiated;
    private volatile FuseSession? _session;

    /// <summary>A server of a tree.</summary>
    /// <param name="tree">What it shows.</param>
    /// <param name="log">Where it complains.</param>
    /// <param name="session">What an earlier process negotiated on this descriptor; null: the mount is new, and FUSE_INIT comes.</param>
    /// <param name="negotiated">
    /// Told before the kernel gets the answer to FUSE_INIT: what has to be kept for whoever takes over. If this process ends between the
    /// two, FUSE_INIT comes again after <see cref="FuseNotifier.Resend"/>, and this is told again.
    /// </param>
    public FuseServer(IFuseTree tree, BoundedLog log, FuseSession? session = null, Action<FuseSession>? negotiated = null)
    {
        Tree = tree;
        _log = log;
        _session = session;
        _negotiated = negotiated;
    }

    /// <summary>What was negotiated; null: nothing yet.</summary>
    public FuseSession? Session => _session;

    /// <summary>What it shows.</summary>
    internal IFuseTree Tree { get; }

    /// <summary>Answers one request; never throws.</summary>
    /// <param name="request">The whole message.</param>
    /// <param name="reply">Room for the answer: <see cref="FuseLimits.Reply"/> bytes; with less, less is read at a time.</param>
    /// <returns>Length of the answer; 0: there is none to be given.</returns>
    public int Handle(ReadOnlySpan<byte> request, Span<byte> reply)
    {
        if (!FuseRequest.TryParse(request, out var parsed))
        {
            _log.Write($"fuse: a message of {request.Length} bytes that is no request");
            return 0;
        }

        var row = FuseTable.Find(parsed.Opcode);
        var length = 0;
        var errno = row switch
        {
            null => Errno.ENOSYS,
            { Handler: { } handler } => Call(row, handler, parsed, reply[FuseLimits.ReplyHead..], out length),
            _ => row.Refusal,
        };
        if (row is { IsAnswered: false })
            return 0;
        length = FuseLimits.ReplyHead + (errno == Errno.None ? length : 0);
        var head = new fuse_out_header { len = (uint)length, error = -(int)errno, unique = parsed.Unique };
        MemoryMarshal.Write(reply, in head);
        return length;
    }

    /// <summary>
    /// The kernel did not take an answer (its caller was killed, the request had been taken over): what it would have held is given back.
    /// </summary>
    public void Retract(ReadOnlySpan<byte> request, ReadOnlySpan<byte> reply)
    {
        if (!FuseRequest.TryParse(request, out var parsed)
            || !MemoryMarshal.TryRead<fuse_out_header>(reply, out var head) || head.error != 0)
        {
            return;
        }

        try
        {
            Retract(parsed, reply[FuseLimits.ReplyHead..]);
        }
#pragma warning disable CA1031 // one failing request harms one request
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _log.Write($"fuse: taking back {(fuse_opcode)parsed.Opcode}: {failure.GetType().Name}: {failure.Message}");
        }
    }

    /// <summary>Takes over what was negotiated, and tells it.</summary>
    internal void Begin(FuseSession session)
    {
        _negotiated?.Invoke(session);
        _session = session;
    }

    /// <summary>Complains.</summary>
    internal void Complain(string line) => _log.Write(line);

    private Errno Call(FuseOperation row, FuseHandler handler, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        // The kernel asks for nothing else before: it would be a descriptor whose earlier process did not tell us.
        if (_session is null && row.Opcode != fuse_opcode.FUSE_INIT)
            return Errno.EIO;
        try
        {
            var errno = handler(this, request, body, out length);
            return (errno == Errno.ENOSYS && row.Opcode != fuse_opcode.FUSE_OPEN) || errno is < 0 or > (Errno)ErrnoLimit ? Errno.EIO : errno;
        }
#pragma warning disable CA1031 // one failing request harms one request
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _log.Write($"fuse: {row.Name} of node {request.Node}: {failure.GetType().Name}: {failure.Message}");
            return Errno.EIO;
        }
    }

    private void Retract(in FuseRequest request, ReadOnlySpan<byte> body)
    {
        switch ((fuse_opcode)request.Opcode)
        {
            case fuse_opcode.FUSE_LOOKUP when MemoryMarshal.TryRead<fuse_entry_out>(body, out var entry) && entry.nodeid != 0:
                Tree.Forget(entry.nodeid, 1);
                break;
            case fuse_opcode.FUSE_READDIRPLUS:
                DirectoryListing.Forget(body, Tree);
                break;
            case fuse_opcode.FUSE_OPEN when MemoryMarshal.TryRead<fuse_open_out>(body, out var opened):
                Tree.Release(request.Node, opened.fh);
                break;
            case fuse_opcode.FUSE_OPENDIR when MemoryMarshal.TryRead<fuse_open_out>(body, out var opened):
                Tree.ReleaseDirectory(request.Node, opened.fh);
                break;
            default:
                break;
        }
    }
}
