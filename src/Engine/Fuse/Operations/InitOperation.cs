using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse.Operations;

/// <summary>The first request: which version, which features.</summary>
internal static class InitOperation
{
    // 7.31, Linux 5.4: below it the messages differ from what we read. We are not tested below 6.1 (7.37).
    private const uint OldestMinor = 31;

    /// <summary>
    /// What we take, of what the kernel offers.
    /// </summary>
    /// <remarks>
    /// READDIRPLUS always, not AUTO: who lists a view looks at what it lists. AUTO falls back to plain names behind the first 32 KiB of a
    /// directory, and every further name costs a request of its own. NO_EXPORT: a file handle would outlive the name that led to it.
    /// No locks, no ioctl of directories but chattr's, no splice, no labels. No REQUEST_TIMEOUT: it ends the mount when one answer is
    /// late. AUTO_INVAL_DATA rather than EXPLICIT: it costs nothing while attributes are cached, and one thing less depends on us.
    /// </remarks>
    private const ulong Wanted =
        FuseInit.FUSE_ASYNC_READ | FuseInit.FUSE_ASYNC_DIO | FuseInit.FUSE_PARALLEL_DIROPS | FuseInit.FUSE_DO_READDIRPLUS
        | FuseInit.FUSE_AUTO_INVAL_DATA | FuseInit.FUSE_CACHE_SYMLINKS | FuseInit.FUSE_POSIX_ACL | FuseInit.FUSE_MAX_PAGES
        | FuseInit.FUSE_INIT_EXT | FuseInit.FUSE_HAS_EXPIRE_ONLY | FuseInit.FUSE_HAS_RESEND | FuseInit.FUSE_NO_EXPORT_SUPPORT
        | FuseInit.FUSE_PASSTHROUGH;

    internal static Errno Init(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        // Kernels before 5.17 sent 16 bytes.
        if (!request.TryRead<Offer>(out var offer))
            return Errno.EPROTO;
        if (offer.Major > FuseProtocol.FUSE_KERNEL_VERSION)
        {
            // The kernel then asks again, in our version.
            length = FuseEncoding.Write(body, new fuse_init_out { major = FuseProtocol.FUSE_KERNEL_VERSION, minor = FuseProtocol.NewestMinor });
            return Errno.None;
        }

        if (offer.Major < FuseProtocol.FUSE_KERNEL_VERSION || offer.Minor < OldestMinor)
        {
            server.Complain($"fuse: the kernel speaks version {offer.Major}.{offer.Minor}; 7.{OldestMinor} is needed (Linux 5.4)");
            return Errno.EPROTO;
        }

        ulong offered = offer.Flags;
        if ((offered & FuseInit.FUSE_INIT_EXT) != 0 && request.TryRead<fuse_init_in>(out var whole))
            offered |= (ulong)whole.flags2 << 32;
        var session = new FuseSession(Math.Min(offer.Minor, FuseProtocol.NewestMinor), Wanted & offered);
        server.Begin(session);
        length = FuseEncoding.Write(body, new fuse_init_out
        {
            major = FuseProtocol.FUSE_KERNEL_VERSION,
            minor = session.Minor,
            max_readahead = offer.MaxReadahead,
            flags = (uint)session.Flags,
            flags2 = (uint)(session.Flags >> 32),
            // The kernel's own are 12 and 9: with several readers ahead of several files the third would wait.
            max_background = 64,
            congestion_threshold = 48,
            max_write = FuseLimits.MaxWrite,
            max_pages = FuseLimits.MaxPages,
            time_gran = 1,
            // A server VM's tree is an overlay: depth 1, and one for us upon it.
            max_stack_depth = session.Passthrough ? 2u : 0u,
        });
        return Errno.None;
    }

    internal static Errno Destroy(FuseServer server, in FuseRequest request, Span<byte> body, out int length)
    {
        length = 0;
        return Errno.None;
    }

    // The first four words of struct fuse_init_in.
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
    private readonly struct Offer
    {
        internal readonly uint Major;
        internal readonly uint Minor;
        internal readonly uint MaxReadahead;
        internal readonly uint Flags;
    }
}
