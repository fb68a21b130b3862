using System.Runtime.InteropServices;
using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse.Operations;

/// <summary>Requests about names and nodes.</summary>
internal static class NodeOperations
{
    private const uint W_OK = 2; // access(2)

    internal static Errno Lookup(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        var errno = request.TryReadName(0, out var name);
        if (errno != Errno.None)
            return errno;
        errno = server.Tree.Lookup(request.Node, name, out var entry);
        if (errno == Errno.None)
            length = FuseEncoding.Write(body, FuseEncoding.Entry(entry));
        return errno;
    }

    internal static Errno Forget(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (request.TryRead<fuse_forget_in>(out var forget))
            server.Tree.Forget(request.Node, forget.nlookup);
        return Errno.None;
    }

    internal static Errno ForgetMany(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_batch_forget_in>(out var batch))
            return Errno.None;
        // What the count says and what there is may differ; neither is more than the message holds.
        var rest = request.Body[MemoryMarshal.AsBytes(new ReadOnlySpan<fuse_batch_forget_in>(in batch)).Length..];
        for (var i = 0u; i < batch.count && MemoryMarshal.TryRead<fuse_forget_one>(rest, out var one); i++)
        {
            server.Tree.Forget(one.nodeid, one.nlookup);
            rest = rest[MemoryMarshal.AsBytes(new ReadOnlySpan<fuse_forget_one>(in one)).Length..];
        }

        return Errno.None;
    }

    internal static Errno GetAttributes(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        var errno = server.Tree.GetAttributes(request.Node, out var attributes, out var valid);
        if (errno != Errno.None)
            return errno;
        var answer = new fuse_attr_out { attr = FuseEncoding.Attributes(attributes) };
        FuseEncoding.Valid(valid, out answer.attr_valid, out answer.attr_valid_nsec);
        length = FuseEncoding.Write(body, answer);
        return Errno.None;
    }

    /// <summary>Asked once per node by whoever wants to know when a file was made, then cached like the rest.</summary>
    internal static Errno Statx(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        var errno = server.Tree.GetAttributes(request.Node, out var attributes, out var valid);
        if (errno != Errno.None)
            return errno;
        var answer = new fuse_statx_out { stat = FuseEncoding.Statx(attributes) };
        FuseEncoding.Valid(valid, out answer.attr_valid, out answer.attr_valid_nsec);
        length = FuseEncoding.Write(body, answer);
        return Errno.None;
    }

    internal static Errno ReadLink(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        var target = body[..FuseLimits.Link];
        return Counted(server.Tree.ReadLink(request.Node, target, out length), target, ref length);
    }

    internal static Errno GetFileSystem(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        var errno = server.Tree.GetFileSystem(request.Node, out var status);
        if (errno != Errno.None)
            return errno;
        length = FuseEncoding.Write(body, new fuse_kstatfs
        {
            blocks = status.Blocks,
            bfree = status.FreeBlocks,
            bavail = status.AvailableBlocks,
            files = status.Files,
            ffree = status.FreeFiles,
            bsize = status.BlockSize,
            namelen = status.NameLength,
            frsize = status.FragmentSize,
        });
        return Errno.None;
    }

    /// <summary>With default_permissions the kernel decides and does not ask; but nothing can be written, whoever asks.</summary>
    internal static Errno Access(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_access_in>(out var access))
            return Errno.EINVAL;
        return (access.mask & W_OK) != 0 ? Errno.EROFS : Errno.None;
    }

    /// <summary>A number of bytes that a tree says it wrote; a wrong one is a mistake of the tree's.</summary>
    internal static Errno Counted(Errno errno, ReadOnlySpan<byte> room, ref int count)
    {
        if (errno == Errno.None && (uint)count > (uint)room.Length)
            errno = Errno.EIO;
        if (errno != Errno.None)
            count = 0;
        return errno;
    }
}
