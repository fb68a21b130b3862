using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Integrity.Trees;

/// <summary>Marks by extended attributes: those of the views, or those of overlayfs itself (root only).</summary>
internal sealed class AttributeMarks : IOverlayMarks
{
    private const int LongestPath = 4096;
    private readonly byte[] _opaque;
    private readonly byte[] _redirect;

    private AttributeMarks(string generation, IReadOnlyList<byte[]> mounts, ReadOnlySpan<byte> opaque, ReadOnlySpan<byte> redirect)
    {
        Generation = generation;
        Mounts = mounts;
        _opaque = opaque.ToArray();
        _redirect = redirect.ToArray();
    }

    public string Generation { get; }

    public IReadOnlyList<byte[]> Mounts { get; }

    /// <summary>Of an overlay of this machine, whose layers' state the caller names.</summary>
    internal static AttributeMarks OfOverlay(string generation, IReadOnlyList<byte[]> mounts) =>
        new(generation, mounts, "trusted.overlay.opaque\0"u8, "trusted.overlay.redirect\0"u8);

    /// <summary>
    /// Of the views of a server VM, whose roots tell the rest. A view that does not tell what is mounted does not tell marks either: then
    /// nothing is known of the lower layers, and every check is a full one.
    /// </summary>
    internal static AttributeMarks OfView(FileDescriptor root)
    {
        var generation = Value(root, "system.hyperspector.generation\0"u8);
        var all = Value(root, "system.hyperspector.mounts\0"u8);
        var mounts = new List<byte[]>();
        foreach (var range in all.AsSpan().Split((byte)0))
        {
            if (all.AsSpan(range) is { IsEmpty: false } path)
                mounts.Add(path.TrimEnd((byte)'/').ToArray());
        }

        var name = generation is null || all is null ? "" : System.Text.Encoding.UTF8.GetString(generation);
        return new(name, mounts, "system.hyperspector.opaque\0"u8, "system.hyperspector.redirect\0"u8);
    }

    public Errno TryRead(FileDescriptor upper, out DirectoryMarks marks)
    {
        Span<byte> value = stackalloc byte[LongestPath];
        marks = default;
        var errno = Get(upper, _opaque, value, out var opaque);
        if (errno != Errno.None)
            return errno;
        // Overlayfs says 'y'; 'x' is for lower layers, where whiteouts are attributes. A view says '1'.
        var isOpaque = opaque == 1 && value[0] is (byte)'y' or (byte)'1';
        errno = Get(upper, _redirect, value, out var length);
        marks = new DirectoryMarks(isOpaque, length == 0 ? null : value[..length].ToArray());
        return errno;
    }

    // None, with no bytes, where there is no such attribute.
    private static Errno Get(FileDescriptor file, ReadOnlySpan<byte> name, Span<byte> value, out int length)
    {
        var errno = Entries.TryGetAttribute(file, name, value, out length);
        return errno is Errno.ENODATA or Errno.EOPNOTSUPP ? Errno.None : errno;
    }

    // Null where there is no such attribute.
    private static byte[]? Value(FileDescriptor root, ReadOnlySpan<byte> name)
    {
        var value = new byte[64 * 1024];
        var errno = Entries.TryGetAttribute(root, name, value, out var length);
        if (errno is Errno.ENODATA or Errno.EOPNOTSUPP)
            return null;
        return errno == Errno.None
            ? value[..length]
            : throw new IntegrityException($"the view of the server's files does not answer ({errno}); 'hyperspector status' on the base tells of its state");
    }
}
