using HyperSpector.Api.Plans;
using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks;

// What a single node is: attributes, link text, data.
public sealed partial class ViewTree
{
    /// <inheritdoc/>
    public Errno GetAttributes(ulong node, out FuseAttributes attributes, out TimeSpan valid)
    {
        attributes = default;
        valid = TimeSpan.Zero;
        var errno = TryLocate(node, out var place);
        if (errno == Errno.None)
        {
            errno = place.Examine(out var found);
            if (errno == Errno.None && found.Identity == place.Node.Identity)
            {
                attributes = ToFuse(found);
                valid = place.Directory is null ? Glanced : AttributeValidity(place.Directory, place.Node, found);
                place.Release();
                return Errno.None;
            }

            place.Release();
        }

        return GetAttributesOfOpen(node, out attributes) ? Errno.None : Gone(errno);
    }

    /// <inheritdoc/>
    public Errno ReadLink(ulong node, Span<byte> target, out int length)
    {
        length = 0;
        var errno = TryLocate(node, out var place);
        if (errno != Errno.None)
            return Gone(errno);
        errno = place.Directory is null
            ? Errno.EINVAL
            : Inode.TryReadLink(place.Directory.Merged, place.Name, target, out length);
        place.Release();
        return Gone(errno);
    }

    /// <inheritdoc/>
    public Errno Open(ulong node, out FuseOpened opened)
    {
        opened = default;
        ulong handle;
        lock (_lock)
            handle = _nextHandle++;
        var errno = TryOpenFile(node, handle, out _);
        if (errno == Errno.None)
            opened = new FuseOpened(handle, KeepCache: false, BackingId: 0);
        return errno;
    }

    /// <inheritdoc/>
    public Errno Read(ulong node, ulong handle, ulong offset, Span<byte> into, out int count)
    {
        count = 0;
        if (offset > long.MaxValue)
            return Errno.EINVAL;
        var errno = TryFindFile(node, handle, out var open);
        return errno == Errno.None ? Inode.TryRead(open!.File, into, offset, out count) : errno;
    }

    /// <inheritdoc/>
    public Errno Seek(ulong node, ulong handle, ulong offset, int whence, out ulong position)
    {
        position = 0;
        var errno = TryFindFile(node, handle, out var open);
        return errno == Errno.None ? Inode.TrySeek(open!.File, offset, whence, out position) : errno;
    }

    /// <inheritdoc/>
    public void Release(ulong node, ulong handle)
    {
        OpenFile? open;
        lock (_lock)
        {
            if (!_files.Remove(handle, out open))
                return;
            if (_nodes.Find(node) is { } known && known.Open == open)
                known.Open = null;
        }

        open.File.Dispose();
    }

    /// <inheritdoc/>
    public Errno GetFlags(ulong node, out uint flags)
    {
        flags = 0;
        OpenFile? open;
        Node? known;
        lock (_lock)
        {
            known = _nodes.Find(node);
            open = known?.Open;
        }

        // The kernel opens a file before it asks.
        if (open is not null)
            return Inode.TryGetFlags(open.File, out flags);
        if (known is not { IsDirectory: true })
            return Errno.ENOTTY;
        var errno = TryEnter(node, out _, out var directory);
        if (errno != Errno.None)
            return Gone(errno);
        // As overlayfs: those of the uppermost one.
        errno = directory!.Layers.Length == 0 ? Errno.ENOTTY : Inode.TryList(directory.Layers[0].Reference, out var listed) is var opened and not Errno.None
            ? opened
            : FlagsOf(listed!, out flags);
        directory.Release();
        return errno;
    }

    private static Errno FlagsOf(FileDescriptor listed, out uint flags)
    {
        using (listed)
            return Inode.TryGetFlags(listed, out flags);
    }

    // A file that was opened by a process before us is opened again: it is the same one, or its node is not what it was.
    private Errno TryFindFile(ulong node, ulong handle, out OpenFile? open)
    {
        lock (_lock)
        {
            if (_files.TryGetValue(handle, out open))
                return Errno.None;
        }

        return _journal is null ? Errno.EBADF : TryOpenFile(node, handle, out open);
    }

    private Errno TryOpenFile(ulong node, ulong handle, out OpenFile? open)
    {
        open = null;
        var errno = TryLocate(node, out var place);
        if (errno != Errno.None)
            return Gone(errno);
        FileDescriptor? file = null;
        errno = place.Node.Identity.Type switch
        {
            InodeStatus.Regular when place.Node.Point?.Mount is { } mount => Inode.TryOpen(mount.Merged, out file),
            InodeStatus.Regular when place.Directory is not null => OpenReal(place, out file),
            InodeStatus.Directory => Errno.EISDIR,
            // A socket, FIFO or device of the server VM's: visible, and nothing behind it.
            _ => Errno.ENXIO,
        };
        place.Release();
        if (errno != Errno.None)
            return errno;
        lock (_lock)
        {
            // Two reads may ask for the same one at once.
            if (_files.TryGetValue(handle, out open) || _files.Count >= Serving.ViewLimits.OpenFiles)
            {
                file!.Dispose();
                return open is null ? Errno.EMFILE : Errno.None;
            }

            open = new OpenFile(handle, file!);
            _files[handle] = open;
            place.Node.Open = open;
        }

        return Errno.None;
    }

    // The name was there a moment ago: the kernel shall look again, and then it says ENOENT itself.
    private static Errno Gone(Errno errno) => errno is Errno.ENOENT or Errno.ENOTDIR ? Errno.ESTALE : errno;

    // A file that was removed or replaced while a process of the IDS VM has it open: fstat(2) must go on.
    private bool GetAttributesOfOpen(ulong node, out FuseAttributes attributes)
    {
        attributes = default;
        Node? known;
        OpenFile? open;
        lock (_lock)
        {
            known = _nodes.Find(node);
            open = known?.Open;
        }

        if (open is null || Inode.TryStat(open.File, [], out var status) != Errno.None)
            return false;
        attributes = ToFuse(new Found(known!.Identity, null, status with { Inode = known.Identity.Inode }, IsUpper: true));
        return true;
    }

    // From the topmost layer that has it, never through the merged mount: that would wake the server VM's watchers, and move its times.
    private static Errno OpenReal(in Place place, out FileDescriptor? file)
    {
        file = null;
        foreach (var layer in place.Directory!.Layers)
        {
            var errno = Inode.TryReference(layer.Reference, place.Name, out var reference);
            if (errno == Errno.ENOENT)
                continue;
            if (errno != Errno.None)
                return errno;
            using (reference)
            {
                errno = Inode.TryStat(reference!, [], out var status);
                if (errno != Errno.None)
                    return errno;
                // Replaced this moment, by a whiteout or by something that must not be opened; or copied up, and another node.
                return status.IsRegular && place.Node.Identity.IsUpper == (layer.Kind == LayerKind.Upper) ? Inode.TryOpen(reference!, out file) : Errno.ESTALE;
            }
        }

        return Errno.ESTALE;
    }

    /// <summary>Where a node is: its name in an open directory, or the root of a mount.</summary>
    private Errno TryLocate(ulong id, out Place place)
    {
        place = default;
        Node? node, parent;
        LayeredDirectory? directory = null;
        lock (_lock)
        {
            node = _nodes.Find(id);
            parent = node?.Parent;
            if (node is null || (parent is null && !node.IsRoot))
                return Errno.ESTALE;
            if (parent is not null)
                directory = _open.Find(parent);
        }

        if (parent is not null && directory is null)
        {
            var errno = TryEnter(parent, out directory);
            if (errno != Errno.None)
                return errno;
        }

        place = new Place(node, parent, directory);
        return Errno.None;
    }

    /// <summary>A node, and the directory that has it; none for the root. <see cref="Release"/> it.</summary>
    private readonly record struct Place(Node Node, Node? Parent, LayeredDirectory? Directory)
    {
        internal ReadOnlySpan<byte> Name => Node.Name;

        internal Errno Examine(out Found found)
        {
            if (Parent is not null)
                return ViewTree.Examine(Parent, Directory!, Name, out found);
            if (Node.Point!.Mount is { } mount)
                return ViewTree.Examine(mount, Node.Point, out found);
            found = new Found(Node.Identity, Node.Point, Wayside(Node.Point), IsUpper: false);
            return Errno.None;
        }

        internal void Release() => Directory?.Release();
    }
}
