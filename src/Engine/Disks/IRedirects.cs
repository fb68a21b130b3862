using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks;

/// <summary>
/// Where a renamed directory's lower part lies (overlayfs, "redirect_dir"). Only CAP_SYS_ADMIN may read that attribute, which who parses
/// for an IDS VM has not: so somebody else does.
/// </summary>
public interface IRedirects
{
    /// <summary>
    /// The value of <c>trusted.overlay.redirect</c> of a directory of an upper layer: a name in the same directory of the lower layers,
    /// or, with a leading slash, a path from their roots. ENODATA: it was not renamed.
    /// </summary>
    Errno TryRead(FileDescriptor upperDirectory, Span<byte> redirect, out int length);
}

/// <summary>For who has CAP_SYS_ADMIN.</summary>
public sealed class OwnRedirects : IRedirects
{
    /// <inheritdoc/>
    public Errno TryRead(FileDescriptor upperDirectory, Span<byte> redirect, out int length) =>
        Inode.TryGetAttribute(upperDirectory, "trusted.overlay.redirect"u8, redirect, out length);
}
