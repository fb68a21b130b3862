using HyperSpector.Api.Plans;
using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks;

/// <summary>
/// Which layers have a directory (overlayfs, "Merging"): from the top down, until something that is no directory hides what is below. A
/// layer's opaque mark is not looked at: whoever goes by the layers asks the merged mount first whether a name is there at all.
/// </summary>
internal static class LayerWalk
{
    /// <summary>Opens a directory in every layer that has it.</summary>
    /// <param name="mount">Whose layers these are.</param>
    /// <param name="above">The directory above, in the layers that have that.</param>
    /// <param name="name">The directory's name.</param>
    /// <param name="layers">What was opened; the caller closes it.</param>
    internal static Errno Open(DiskMount mount, ReadOnlySpan<LayerDirectory> above, ReadOnlySpan<byte> name, out LayerDirectory[] layers) =>
        Open(mount, above, name, out layers, out _);

    /// <summary>The same, and whether its lower part lies elsewhere, because it was renamed.</summary>
    internal static Errno Open(
        DiskMount mount, ReadOnlySpan<LayerDirectory> above, ReadOnlySpan<byte> name, out LayerDirectory[] layers, out bool isMoved)
    {
        isMoved = false;
        var found = new List<LayerDirectory>(above.Length);
        var buffer = new byte[Inode.PathLimit];
        name.CopyTo(buffer);
        ReadOnlySpan<byte> sought = buffer.AsSpan(0, name.Length);
        var errno = Errno.None;
        for (var i = 0; i < above.Length && errno == Errno.None; i++)
        {
            errno = Inode.TryDirectory(above[i].Reference, sought, out var reference);
            if (errno == Errno.None)
            {
                found.Add(new LayerDirectory(above[i].Kind, reference!));
                if (above[i].Kind != LayerKind.Upper)
                    continue;
                errno = mount.Disk.Marks.TryRead(reference!, LayerMark.Redirect, buffer, out var length);
                isMoved = errno == Errno.None && length > 0;
                if (errno == Errno.None && length > 0 && buffer[0] == (byte)'/')
                {
                    errno = FromRoots(mount, buffer.AsSpan(0, length), found);
                    break;
                }

                if (errno == Errno.None && length > 0)
                    sought = buffer.AsSpan(0, length);
                errno = errno is Errno.ENODATA or Errno.EOPNOTSUPP ? Errno.None : errno;
            }
            else if (errno == Errno.ENOENT)
            {
                errno = Errno.None;
            }
            else if (errno == Errno.ENOTDIR)
            {
                // A whiteout, or a file: nothing of what is below is seen.
                errno = Errno.None;
                break;
            }
        }

        layers = [.. found];
        if (errno == Errno.None)
            return errno;
        Close(layers);
        layers = [];
        return errno;
    }

    /// <summary>The server VM's own part among layers, the top one first; null: it has changed nothing there.</summary>
    internal static FileDescriptor? UpperOf(ReadOnlySpan<LayerDirectory> layers) =>
        layers.Length > 0 && layers[0].Kind == LayerKind.Upper ? layers[0].Reference : null;

    internal static void Close(ReadOnlySpan<LayerDirectory> layers)
    {
        foreach (var layer in layers)
            layer.Reference.Dispose();
    }

    // A directory that was moved out of its parent: its lower part lies at a path from the roots of the lower layers.
    private static Errno FromRoots(DiskMount mount, ReadOnlySpan<byte> path, List<LayerDirectory> found)
    {
        foreach (var layer in mount.Layers)
        {
            if (layer.Kind == LayerKind.Upper)
                continue;
            var errno = Walk(layer.Root, path, out var reference);
            if (errno == Errno.None)
                found.Add(new LayerDirectory(layer.Kind, reference!));
            else if (errno == Errno.ENOTDIR)
                break;
            else if (errno != Errno.ENOENT)
                return errno;
        }

        return Errno.None;
    }

    private static Errno Walk(FileDescriptor root, ReadOnlySpan<byte> path, out FileDescriptor? reference)
    {
        reference = null;
        var at = root;
        foreach (var part in path.Split((byte)'/'))
        {
            var name = path[part];
            if (name.IsEmpty)
                continue;
            var errno = Inode.TryDirectory(at, name, out var next);
            if (at != root)
                at.Dispose();
            if (errno != Errno.None)
                return errno;
            at = next!;
        }

        if (at == root)
            return Errno.ENOENT;
        reference = at;
        return Errno.None;
    }
}
