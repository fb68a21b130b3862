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
    // Nothing is gained by it: what the kernel has read it may keep, and is told when that is over.
    public Errno Open(ulong node, out FuseOpened opened)
    {
        opened = default;
        return Errno.ENOSYS;
    }

    /// <inheritdoc/>
    public Errno Read(ulong node, ulong handle, ulong offset, Span<byte> into, out int count)
    {
        count = 0;
        if (offset > long.MaxValue)
            return Errno.EINVAL;
        var errno = TryUse(node, out var known, out var file);
        if (errno != Errno.None)
            return errno;
        // Before: whatever is read from now on is withdrawn in time.
        if (!file!.IsFixed)
            _coherence.Expire(known!);
        errno = Inode.TryRead(file.File, into, offset, out count);
        file.Release();
        return errno;
    }

    /// <inheritdoc/>
    public Errno Seek(ulong node, ulong handle, ulong offset, int whence, out ulong position)
    {
        position = 0;
        var errno = TryUse(node, out _, out var file);
        if (errno != Errno.None)
            return errno;
        errno = Inode.TrySeek(file!.File, offset, whence, out position);
        file.Release();
        return errno;
    }

    /// <inheritdoc/>
    // Nothing was opened: see above. A handle of a process before us, which opened files, is none of ours.
    public void Release(ulong node, ulong handle)
    {
    }

    /// <inheritdoc/>
    public Errno GetFlags(ulong node, out uint flags)
    {
        flags = 0;
        var errno = TryUse(node, out _, out var file);
        if (errno == Errno.None)
        {
            errno = Inode.TryGetFlags(file!.File, out flags);
            file.Release();
            return errno;
        }

        if (errno != Errno.EISDIR)
            return errno == Errno.ENXIO ? Errno.ENOTTY : errno;
        errno = TryEnter(node, out _, out var directory);
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

    /// <summary>The open file of a node, for one more user.</summary>
    private Errno TryUse(ulong id, out Node? node, out OpenFile? file)
    {
        file = null;
        lock (_lock)
        {
            node = _nodes.Find(id);
            if (node is null)
                return Errno.ESTALE;
            file = _files.Find(node);
        }

        if (file is { IsDoubtful: false })
            return Errno.None;
        var errno = TryOpenFile(node, out var opened);
        // Removed or replaced while a process of the IDS VM has it open: that one reads on.
        if (errno == Errno.ESTALE && file is not null)
            return Errno.None;
        file?.Release();
        file = opened;
        return errno;
    }

    private Errno TryOpenFile(Node node, out OpenFile? opened)
    {
        opened = null;
        int epoch;
        lock (_lock)
            epoch = node.Epoch;
        switch (node.Identity.Type)
        {
            case InodeStatus.Regular:
                break;
            case InodeStatus.Directory:
                return Errno.EISDIR;
            default:
                // A socket, FIFO or device of the server VM's: visible, and nothing behind it.
                return Errno.ENXIO;
        }

        var errno = TryOpenNamed(node, out opened);
        if (errno == Errno.ESTALE)
            errno = TryOpenFormer(node, out opened);
        if (errno != Errno.None)
            return errno;
        lock (_lock)
        {
            // Unless the kernel has forgotten it meanwhile.
            if (_nodes.Find(node.Id) == node)
            {
                // What the name led to a moment ago may not have been this.
                opened!.IsDoubtful = node.Epoch != epoch;
                opened.Acquire();
                _files.Keep(node, opened);
            }
        }

        return Errno.None;
    }

    // Where its name leads, if that is still the same.
    private Errno TryOpenNamed(Node node, out OpenFile? opened)
    {
        opened = null;
        FileDescriptor? file = null;
        var isFixed = false;
        var errno = TryLocate(node.Id, out var place);
        if (errno != Errno.None)
            return Gone(errno);
        errno = place.Examine(out var found);
        if (errno == Errno.None && found.Identity != node.Identity)
            errno = Errno.ESTALE;
        if (errno == Errno.None && node.Point?.Mount is { } mount)
        {
            errno = Inode.TryOpen(mount.Merged, out file);
        }
        else if (errno == Errno.None)
        {
            isFixed = place.Directory!.IsWatched && IsFixed(found);
            errno = OpenReal(place.Directory, node, out file);
        }

        place.Release();
        if (errno == Errno.None)
            opened = new OpenFile(file!, isFixed);
        return Gone(errno);
    }

    // A file of a lower layer that the server VM has removed or replaced is still in that layer.
    private Errno TryOpenFormer(Node node, out OpenFile? opened)
    {
        opened = null;
        Node? parent;
        lock (_lock)
            parent = node.FormerParent;
        if (parent is null || TryEnter(parent, out var directory) != Errno.None)
            return Errno.ESTALE;
        var errno = OpenReal(directory!, node, out var file);
        directory!.Release();
        if (errno == Errno.None)
            opened = new OpenFile(file!, isFixed: false);
        return Gone(errno);
    }

    // The name was there a moment ago: the kernel shall look again, and then it says ENOENT itself.
    private static Errno Gone(Errno errno) => errno is Errno.ENOENT or Errno.ENOTDIR ? Errno.ESTALE : errno;

    // A file that was removed or replaced while a process of the IDS VM has it open: fstat(2) must go on.
    private bool GetAttributesOfOpen(ulong id, out FuseAttributes attributes)
    {
        attributes = default;
        if (TryUse(id, out var node, out var file) != Errno.None)
            return false;
        var errno = Inode.TryStat(file!.File, [], out var status);
        file.Release();
        if (errno == Errno.None)
            attributes = ToFuse(new Found(node!.Identity, null, status with { Inode = node.Identity.Inode }, IsUpper: true));
        return errno == Errno.None;
    }

    // From the topmost layer that has it, never through the merged mount: that would wake the server VM's watchers, and move its times.
    private static Errno OpenReal(LayeredDirectory directory, Node node, out FileDescriptor? file)
    {
        file = null;
        foreach (var layer in directory.Layers)
        {
            // A copy that was made since is another node, and a whiteout hides nothing of a node that was there before it.
            if (node.Parent is null && layer.Kind == LayerKind.Upper)
                continue;
            var errno = Inode.TryReference(layer.Reference, node.Name, out var reference);
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
                return status.IsRegular && node.Identity.IsUpper == (layer.Kind == LayerKind.Upper) ? Inode.TryOpen(reference!, out file) : Errno.ESTALE;
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
