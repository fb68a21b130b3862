using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks;

/// <summary>
/// What overlayfs notes with a file of an upper layer. Only CAP_SYS_ADMIN may read these attributes, which who parses for an IDS VM has
/// not: so somebody else does.
/// </summary>
public interface ILayerMarks
{
    /// <summary>The value of a mark of a file or directory of an upper layer, as overlayfs has written it. ENODATA: it has none.</summary>
    Errno TryRead(FileDescriptor upper, LayerMark mark, Span<byte> value, out int length);

    /// <summary>
    /// What <see cref="LayerMark.Opaque"/> says: nothing of the lower layers is seen in the directory. <c>x</c> only says that there may be
    /// whiteouts that are attributes (overlayfs.rst).
    /// </summary>
    static bool SaysOpaque(ReadOnlySpan<byte> value) => value.SequenceEqual("y"u8);
}

/// <summary>Marks of overlayfs (overlayfs.rst).</summary>
public enum LayerMark
{
    /// <summary>
    /// <c>trusted.overlay.redirect</c>: where the lower part of what was renamed lies: a name in the same directory of the lower layers, or,
    /// with a leading slash, a path from their roots.
    /// </summary>
    Redirect,

    /// <summary><c>trusted.overlay.opaque</c>: of a directory, see <see cref="ILayerMarks.SaysOpaque"/>.</summary>
    Opaque,

    /// <summary><c>trusted.overlay.metacopy</c>: of a file; its data are still those of the lower layer.</summary>
    Metacopy,
}

/// <summary>For who has CAP_SYS_ADMIN.</summary>
public sealed class OwnMarks : ILayerMarks
{
    /// <inheritdoc/>
    public Errno TryRead(FileDescriptor upper, LayerMark mark, Span<byte> value, out int length) =>
        Inode.TryGetAttribute(upper, NameOf(mark), value, out length);

    private static ReadOnlySpan<byte> NameOf(LayerMark mark) => mark switch
    {
        LayerMark.Redirect => "trusted.overlay.redirect"u8,
        LayerMark.Opaque => "trusted.overlay.opaque"u8,
        _ => "trusted.overlay.metacopy"u8,
    };
}
