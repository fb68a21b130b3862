using System.Buffers.Binary;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Probing;

/// <summary>What the kernel's FUSE offers in its first message (FUSE_INIT, linux/fuse.h).</summary>
/// <param name="Minor">Minor version of protocol 7.</param>
/// <param name="Passthrough">Data can come from the backing file's own page cache (6.9).</param>
/// <param name="OverIoUring">Requests can travel over io_uring (6.14).</param>
public sealed record FuseOffer(int Minor, bool Passthrough, bool OverIoUring);

public static unsafe partial class Probe
{
    /// <summary>Mounts a FUSE file system at <paramref name="target"/> and reads what the kernel offers; answers nothing.</summary>
    public static Errno TryFuse(string target, out FuseOffer? offer)
    {
        const int O_RDWR = 2;
        const int AT_FDCWD = -100;
        const long SYS_openat = 257;
        const ulong FUSE_INIT_EXT = 1UL << 30;
        const ulong FUSE_PASSTHROUGH = 1UL << 37;
        const ulong FUSE_OVER_IO_URING = 1UL << 41;
        offer = null;
        long opened;
        using (var device = new Strings("/dev/fuse"))
            opened = LibC.syscall(SYS_openat, AT_FDCWD, device[0], O_RDWR | LibC.O_CLOEXEC | LibC.O_NONBLOCK, 0, 0, 0);
        if (opened < 0)
            return KernelException.LastErrno;
        using var channel = new FileDescriptor((int)opened);
        if (Mount("hyperspector-probe", target, "fuse", 0, $"fd={opened},rootmode=40000,user_id=0,group_id=0") is var errno and not Errno.None)
            return errno;
        if (!Poll.WaitReadable(channel, TimeSpan.FromSeconds(1)))
            return Errno.ETIMEDOUT;
        // At least FUSE_MIN_READ_BUFFER, or the kernel refuses the read.
        var request = new byte[8192];
        var length = Pipe.Read(channel, request);
        // struct fuse_in_header is 40 bytes; then struct fuse_init_in: major, minor, max_readahead, flags, flags2.
        if (length < 56)
            return Errno.EIO;
        var init = request.AsSpan(40);
        ulong flags = BinaryPrimitives.ReadUInt32LittleEndian(init[12..]);
        if ((flags & FUSE_INIT_EXT) != 0 && length >= 60)
            flags |= (ulong)BinaryPrimitives.ReadUInt32LittleEndian(init[16..]) << 32;
        offer = new FuseOffer(
            BinaryPrimitives.ReadInt32LittleEndian(init[4..]), (flags & FUSE_PASSTHROUGH) != 0, (flags & FUSE_OVER_IO_URING) != 0);
        return Errno.None;
    }
}
