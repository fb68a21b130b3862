using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse.Operations;

/// <summary>Requests about open directories.</summary>
internal static class DirectoryOperations
{
    internal static Errno Open(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_open_in>(out _))
            return Errno.EINVAL;
        var keeps = server.Tree.KeepsListing(request.Node);
        var errno = server.Tree.OpenDirectory(request.Node, out var handle);
        if (errno != Errno.None)
            return errno;
        length = FuseEncoding.Write(body, new fuse_open_out
        {
            fh = handle,
            open_flags = keeps ? FuseProtocol.FOPEN_CACHE_DIR | FuseProtocol.FOPEN_KEEP_CACHE : 0,
        });
        return Errno.None;
    }

    internal static Errno Read(FuseServer server, in FuseRequest request, Span<byte> body, out int length) =>
        List(server, request, body, plus: false, out length);

    internal static Errno ReadPlus(FuseServer server, in FuseRequest request, Span<byte> body, out int length) =>
        List(server, request, body, plus: true, out length);

    internal static Errno Release(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_release_in>(out var arguments))
            return Errno.EINVAL;
        server.Tree.ReleaseDirectory(request.Node, arguments.fh);
        return Errno.None;
    }

    private static Errno List(FuseServer server, in FuseRequest request, Span<byte> body, bool plus, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_read_in>(out var arguments))
            return Errno.EINVAL;
        var room = body[..(int)Math.Min(arguments.size, (uint)Math.Min(body.Length, FuseLimits.Read))];
        var listing = new DirectoryListing(room, plus);
        Errno errno;
        try
        {
            errno = server.Tree.ReadDirectory(request.Node, arguments.fh, arguments.offset, ref listing);
        }
        catch
        {
            TakeBack(listing, room, server);
            throw;
        }

        if (errno != Errno.None)
            TakeBack(listing, room, server);
        else
            length = listing.Length;
        return errno;
    }

    // Names that are not delivered are no lookups.
    private static void TakeBack(in DirectoryListing listing, ReadOnlySpan<byte> room, FuseServer server)
    {
        if (listing.Plus)
            DirectoryListing.Forget(room[..listing.Length], server.Tree);
    }
}
