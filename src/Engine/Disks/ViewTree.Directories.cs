using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks;

// Directories: how they are opened in every layer, and listed.
public sealed partial class ViewTree
{
    // A server VM can make directories as deep as it likes, if not by one path.
    private const int DepthLimit = 65536;
    private const int EntriesBuffer = 32 * 1024;

    /// <inheritdoc/>
    public Errno OpenDirectory(ulong node, out ulong handle)
    {
        handle = 0;
        var errno = TryEnter(node, out _, out var directory);
        if (errno != Errno.None)
            return errno;
        directory!.Release();
        lock (_lock)
        {
            handle = _nextHandle++;
            _listings[handle] = new OpenListing();
        }

        return Errno.None;
    }

    /// <inheritdoc/>
    public bool KeepsListing(ulong node)
    {
        if (Kept < UntilTold || TryEnter(node, out _, out var directory) != Errno.None)
            return false;
        // Attributes that come with a listing are kept for long where it lies in lower layers alone. Elsewhere they are kept for a second: to list anew
        // costs a request for a hundred names, to ask for each of them a hundred.
        var keeps = directory!.IsWatched && directory.IsFixed;
        directory.Release();
        return keeps;
    }

    /// <inheritdoc/>
    public Errno ReadDirectory(ulong node, ulong handle, ulong position, ref DirectoryListing listing)
    {
        OpenListing? open;
        lock (_lock)
        {
            // Opened by a process before us: names that have not changed come in the same order again.
            if (!_listings.TryGetValue(handle, out open))
                _listings[handle] = open = new OpenListing();
        }

        var errno = TryEnter(node, out var known, out var directory);
        if (errno != Errno.None)
            return errno;
        try
        {
            // One listing can be read by two processes that share its descriptor.
            lock (open)
            {
                if (position == 0)
                    open.Clear();
                if (!open.IsRead)
                    errno = ReadNames(known!, directory!, open);
                return errno == Errno.None ? List(known!, directory!, open, position, ref listing) : errno;
            }
        }
        finally
        {
            directory!.Release();
        }
    }

    /// <inheritdoc/>
    public void ReleaseDirectory(ulong node, ulong handle)
    {
        lock (_lock)
            _ = _listings.Remove(handle);
    }

    private Errno List(Node node, LayeredDirectory directory, OpenListing open, ulong position, ref DirectoryListing listing)
    {
        // Positions 1 and 2 are behind "." and "..".
        if (position == 0 && !listing.TryAdd("."u8, InodeOf(node), InodeStatus.Directory, 1))
            return Errno.None;
        if (position <= 1 && !listing.TryAdd(".."u8, InodeOf(node.Parent ?? node), InodeStatus.Directory, 2))
            return Errno.None;
        for (var i = position < 2 ? 0 : (long)position - 2; i < open.Count; i++)
        {
            var name = open[(int)i];
            if (!listing.Fits(name.Length))
                return Errno.None;
            var next = (ulong)i + 3;
            if (listing.Plus)
            {
                // What has gone since, or never was there for the server VM: a name of a lower layer that an upper one hides.
                if (Find(node, directory, name, out var entry) != Errno.None || entry.Node == 0)
                    continue;
                _ = listing.TryAdd(name, entry, next);
            }
            else if (Examine(node, directory, name, out var found) == Errno.None)
            {
                _ = listing.TryAdd(name, found.Status.Inode, found.Status.Type, next);
            }
        }

        return Errno.None;
    }

    private static ulong InodeOf(Node node) => node.Identity.Inode ^ ((ulong)(node.Identity.Mount?.Index ?? 0) << MountShift);

    /// <summary>
    /// The names of all layers, each once; those that an upper layer hides are among them. In the order in which overlayfs gives them, since
    /// some programs follow it: those of the lowest layer first, then what others have beyond, from the top (ovl_dir_read_merged).
    /// </summary>
    private static Errno ReadNames(Node node, LayeredDirectory directory, OpenListing open)
    {
        var several = directory.Layers.Length > 1 || node.Point is not null;
        var seen = several ? new HashSet<byte[]>(ByteNames.Comparer) : null;
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(EntriesBuffer);
        try
        {
            var count = directory.Layers.Length;
            for (var i = 0; i < count; i++)
            {
                var errno = ReadNames(directory.Layers[i == 0 ? count - 1 : i - 1].Reference, buffer, seen, open);
                // A directory that is being removed has no names.
                if (errno is not (Errno.None or Errno.ENOENT))
                    return errno;
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }

        // Mounts are on directories of the layers; but where there is none, only the mount has the name.
        foreach (var name in node.Point?.Names ?? [])
        {
            if (seen!.Add(name))
                open.Add(name);
        }

        open.IsRead = true;
        return Errno.None;
    }

    private static Errno ReadNames(FileDescriptor reference, byte[] buffer, HashSet<byte[]>? seen, OpenListing open)
    {
        var errno = Inode.TryList(reference, out var directory);
        using (directory)
        {
            while (errno == Errno.None)
            {
                errno = Inode.TryReadEntries(directory!, buffer, out var count);
                if (errno != Errno.None || count == 0)
                    break;
                foreach (var name in new DirectoryEntries(buffer.AsSpan(0, count)))
                {
                    if (seen is null || seen.GetAlternateLookup<ReadOnlySpan<byte>>().Add(name))
                        open.Add(name);
                }
            }
        }

        return errno;
    }

    /// <summary>The open directory of a node, for one more user.</summary>
    private Errno TryEnter(ulong id, out Node? node, out LayeredDirectory? directory)
    {
        directory = null;
        lock (_lock)
        {
            node = _nodes.Find(id);
            if (node is null)
                return Errno.ESTALE;
            if (!node.IsDirectory)
                return Errno.ENOTDIR;
            directory = _open.Find(node);
            if (directory is not null)
                return Errno.None;
        }

        return TryEnter(node, out directory);
    }

    /// <summary>Opens what is not open, from the nearest open directory above (or the root of a mount) downwards.</summary>
    internal Errno TryEnter(Node node, out LayeredDirectory? directory)
    {
        directory = null;
        for (var attempt = 0; attempt < AttemptLimit; attempt++)
        {
            var way = new Stack<(Node Node, int Epoch)>();
            LayeredDirectory? at = null;
            lock (_lock)
            {
                var up = node;
                while ((at = _open.Find(up)) is null)
                {
                    way.Push((up, up.Epoch));
                    if (up.IsMountRoot || up.IsRoot)
                        break;
                    if (up.Parent is not { } parent || way.Count > DepthLimit)
                        return Errno.ESTALE;
                    up = parent;
                }
            }

            var errno = Errno.None;
            while (errno == Errno.None && way.TryPop(out var next))
            {
                var above = at;
                errno = Open(next.Node, above, out at);
                above?.Release();
                if (errno == Errno.None && !Publish(next.Node, next.Epoch, ref at!))
                    errno = Errno.EAGAIN;
            }

            if (errno == Errno.None)
            {
                directory = at;
                return Errno.None;
            }

            if (errno != Errno.EAGAIN)
                return errno == Errno.ENOENT ? Errno.ESTALE : errno;
        }

        return Errno.ESTALE;
    }

    /// <summary>Keeps what was opened, unless its layers have changed since; then it is closed.</summary>
    private bool Publish(Node node, int epoch, ref LayeredDirectory directory)
    {
        lock (_lock)
        {
            if (node.Epoch == epoch && (node.Parent is not null || node.IsRoot))
            {
                // Somebody else may have been faster.
                if (_open.Find(node) is { } other)
                {
                    directory.Release();
                    directory = other;
                }
                else
                {
                    directory.Acquire();
                    _open.Keep(node, directory);
                }

                return true;
            }
        }

        directory.Release();
        return false;
    }

    private Errno Open(Node node, LayeredDirectory? above, out LayeredDirectory? directory)
    {
        directory = null;
        if (node.Point?.Mount is { } mount)
        {
            var roots = mount.Layers.Select(l => new LayerDirectory(l.Kind, l.Root)).ToArray();
            directory = new LayeredDirectory(mount.Merged, roots) { IsRoot = true, IsWatched = _coherence.Watch(node, roots) };
            return Errno.None;
        }

        if (node.Identity.Mount is not { } own)
        {
            // It only leads to a mount: it never changes.
            directory = new LayeredDirectory(new FileDescriptor(-1), []) { IsRoot = true, IsWatched = true };
            return Errno.None;
        }

        var errno = Inode.TryDirectory(above!.Merged, node.Name, out var merged);
        if (errno != Errno.None)
            return errno == Errno.ENOTDIR ? Errno.ESTALE : errno;
        errno = Inode.TryStat(merged!, [], out var status);
        if (errno == Errno.None && status.Inode != node.Identity.Inode)
            errno = Errno.ESTALE;
        LayerDirectory[] layers = [];
        if (errno == Errno.None)
            errno = LayerWalk.Open(own, above.Layers, node.Name, out layers);
        if (errno != Errno.None)
        {
            merged!.Dispose();
            return errno;
        }

        directory = new LayeredDirectory(merged!, layers) { IsWatched = _coherence.Watch(node, layers) };
        return Errno.None;
    }
}
