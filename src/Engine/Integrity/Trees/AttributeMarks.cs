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

    /// <summary>Of the views of a server VM, whose roots tell the rest.</summary>
    internal static AttributeMarks OfView(FileDescriptor root)
    {
        var generation = Text(root, "system.hyperspector.generation\0"u8, "generation");
        var mounts = new List<byte[]>();
        var all = Text(root, "system.hyperspector.mounts\0"u8, "mounts");
        foreach (var range in all.AsSpan().Split((byte)0))
        {
            if (all.AsSpan(range) is { IsEmpty: false } path)
                mounts.Add(path.TrimEnd((byte)'/').ToArray());
        }

        return new(System.Text.Encoding.UTF8.GetString(generation), mounts, "system.hyperspector.opaque\0"u8, "system.hyperspector.redirect\0"u8);
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

    private static byte[] Text(FileDescriptor root, ReadOnlySpan<byte> name, string what)
    {
        var value = new byte[64 * 1024];
        var errno = Entries.TryGetAttribute(root, name, value, out var length);
        // No mounts: an empty value, or none.
        if (errno == Errno.None || (errno == Errno.ENODATA && what == "mounts"))
            return value[..length];
        throw new IntegrityException($"the view does not tell its {what} ({errno}): is this an IDS VM, and is the server's view mounted?");
    }
}
