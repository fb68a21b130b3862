using System.Buffers.Binary;
using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse.Operations;

/// <summary>Requests about open files.</summary>
internal static class FileOperations
{
    private const uint O_ACCMODE = 3; // open(2)
    private const uint O_TRUNC = 0x200;
    private const uint SEEK_DATA = 3; // lseek(2)
    private const uint SEEK_HOLE = 4;

    internal static Errno Open(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_open_in>(out var arguments))
            return Errno.EINVAL;
        if ((arguments.flags & (O_ACCMODE | O_TRUNC)) != 0)
            return Errno.EROFS;
        var errno = server.Tree.Open(request.Node, out var opened);
        if (errno != Errno.None)
            return errno;
        // The kernel refuses the two flags together (fuse_file_io_open).
        var passthrough = opened.BackingId > 0 && server.Session is { Passthrough: true };
        length = FuseEncoding.Write(body, new fuse_open_out
        {
            fh = opened.Handle,
            open_flags = passthrough ? FuseProtocol.FOPEN_PASSTHROUGH : opened.KeepCache ? FuseProtocol.FOPEN_KEEP_CACHE : 0,
            backing_id = passthrough ? opened.BackingId : 0,
        });
        return Errno.None;
    }

    internal static Errno Read(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_read_in>(out var arguments))
            return Errno.EINVAL;
        var into = body[..(int)Math.Min(arguments.size, (uint)Math.Min(body.Length, FuseLimits.Read))];
        return NodeOperations.Counted(server.Tree.Read(request.Node, arguments.fh, arguments.offset, into, out length), into, ref length);
    }

    internal static Errno Seek(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_lseek_in>(out var arguments) || arguments.whence is not (SEEK_DATA or SEEK_HOLE))
            return Errno.EINVAL;
        var errno = server.Tree.Seek(request.Node, arguments.fh, arguments.offset, (int)arguments.whence, out var position);
        if (errno == Errno.None)
            length = FuseEncoding.Write(body, new fuse_lseek_out { offset = position });
        return errno;
    }

    internal static Errno Release(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_release_in>(out var arguments))
            return Errno.EINVAL;
        server.Tree.Release(request.Node, arguments.fh);
        return Errno.None;
    }

    /// <summary>lsattr(1) is served; any other ioctl(2) gets what a file system says that does not know it.</summary>
    internal static Errno Control(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        if (!request.TryRead<fuse_ioctl_in>(out var arguments))
            return Errno.EINVAL;
        // The kernel asks for an int, whatever size the number of the ioctl names (fuse_fileattr_get).
        if (arguments.cmd != FuseProtocol.FS_IOC_GETFLAGS || arguments.out_size != sizeof(uint))
            return Errno.ENOTTY;
        var errno = server.Tree.GetFlags(request.Node, out var flags);
        if (errno != Errno.None)
            return errno;
        length = FuseEncoding.Write(body, default(fuse_ioctl_out));
        BinaryPrimitives.WriteUInt32LittleEndian(body[length..], flags);
        length += sizeof(uint);
        return Errno.None;
    }
}
