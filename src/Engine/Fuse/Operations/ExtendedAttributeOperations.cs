using System.Runtime.InteropServices;
using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse.Operations;

/// <summary>Requests about extended attributes; the kernel caches none but ACLs.</summary>
internal static class ExtendedAttributeOperations
{
    internal static Errno Get(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_getxattr_in>(out var arguments))
            return Errno.EINVAL;
        var errno = request.TryReadAttributeName(MemoryMarshal.AsBytes(new ReadOnlySpan<fuse_getxattr_in>(in arguments)).Length, out var name);
        if (errno != Errno.None)
            return errno;
        var room = Room(body, arguments.size);
        errno = server.Tree.GetExtendedAttribute(request.Node, name, room, out var count);
        return Answer(errno, body, room, count, out length);
    }

    internal static Errno List(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_getxattr_in>(out var arguments))
            return Errno.EINVAL;
        var room = Room(body, arguments.size);
        var errno = server.Tree.ListExtendedAttributes(request.Node, room, out var count);
        return Answer(errno, body, room, count, out length);
    }

    private static Span<byte> Room(Span<byte> body, uint size) => body[..(int)Math.Min(size, (uint)Math.Min(body.Length, FuseLimits.AttributeValue))];

    private static Errno Answer(Errno errno, Span<byte> body, ReadOnlySpan<byte> room, int count, out int length)
    {
        length = 0;
        if (errno != Errno.None)
            return errno;
        if (count < 0)
            return Errno.EIO;
        if (room.IsEmpty)
        {
            length = FuseEncoding.Write(body, new fuse_getxattr_out { size = (uint)count });
            return Errno.None;
        }

        if (count > room.Length)
            return Errno.ERANGE;
        length = count;
        return Errno.None;
    }
}
