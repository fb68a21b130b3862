using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks;

/// <summary>
/// The files of server VMs, read-only, as an IDS VM sees them below <c>/.serverfs</c> (§3.3.2 of the paper). What is there is asked of the
/// merged mount by reference; names and data come from the layers, through clones of our own: nothing in the server VM notices.
/// </summary>
/// <remarks>
/// Nodes are paths, held by the kernel of the IDS VM. Every request looks at the file system below, and finds ESTALE if a path leads
/// elsewhere by now; the kernel then walks anew. So an answer is never older than its request. What the kernel may keep, and how it
/// is told when that is over, is the business of <see cref="Coherence"/>.
/// </remarks>
public sealed partial class ViewTree : IFuseTree, IDisposable
{
    /// <summary>For what is told when it changes.</summary>
    public static readonly TimeSpan UntilTold = TimeSpan.FromDays(1);

    /// <summary>For what nobody tells: see <see cref="AttributeValidity"/>, and data that go with it.</summary>
    public static readonly TimeSpan Glanced = TimeSpan.FromSeconds(1);

    // A rename storm can make an opening of a directory begin again; not for ever.
    private const int AttemptLimit = 16;

    // Inode numbers of mounts beyond the first: no file system here uses the uppermost bits (overlayfs's xino does, at most 8).
    private const int MountShift = 48;

    private readonly Lock _lock = new();
    private readonly IReadOnlyList<ServerDisk> _disks;
    private readonly NodeJournal? _journal;
    private readonly NodeTable _nodes;
    private readonly Coherence _coherence;
    private readonly OpenNodes<LayeredDirectory> _open;
    private readonly OpenNodes<OpenFile> _files = new(Serving.ViewLimits.OpenFiles);
    private readonly Dictionary<ulong, OpenListing> _listings = [];
    private ulong _nextHandle;

    /// <summary>Takes ownership of the disks.</summary>
    /// <param name="disks">What is shown.</param>
    /// <param name="cache">Told when something that the kernel keeps is no longer true; null: the kernel keeps nothing.</param>
    /// <param name="life">Another one for each process that serves the same connection: nodes of an earlier one are none of ours.</param>
    /// <param name="journal">What an earlier process of this life has noted, and this one will; null: its nodes end with it.</param>
    /// <param name="descriptors">For directories that are kept open: each takes one, and one for each layer that has it.</param>
    public ViewTree(IReadOnlyList<ServerDisk> disks, IViewCache? cache, ulong life = 1, FileDescriptor? journal = null, int descriptors = Serving.ViewLimits.DirectoryDescriptors)
    {
        _disks = disks;
        var place = MountPoint.Of(disks);
        _journal = journal is null ? null : new NodeJournal(journal);
        _nodes = new NodeTable(RootIdentity(place), place, life, _journal);
        if (_journal is not null)
        {
            _nodes.Restore(_journal.Read(_nodes.End), _journal.Last, disks.SelectMany(d => d.Mounts).ToDictionary(m => m.Index));
            _nodes.BeginJournal();
        }

        _nodes.Root.Lookups = 1;
        _open = new OpenNodes<LayeredDirectory>(descriptors);
        _nextHandle = (life << NodeTable.LifeShift) + 1;
        _coherence = new Coherence(this, cache);
    }

    /// <summary>How long the kernel may keep what it is told about when it changes.</summary>
    public TimeSpan Kept { get; set; } = UntilTold;

    /// <summary>And that there is nothing of a name: unlike names that lead somewhere, those cannot all be named when they are withdrawn.</summary>
    public TimeSpan KeptAbsence { get; set; } = UntilTold;

    /// <summary>Nodes that the kernel knows.</summary>
    public int NodeCount
    {
        get
        {
            lock (_lock)
                return _nodes.Count;
        }
    }

    /// <summary>Waits until what has happened in the server VM so far has been told to the kernel; for tests.</summary>
    public bool Settle(TimeSpan limit) => _coherence.Settle(limit);

    /// <inheritdoc/>
    public void Dispose()
    {
        _coherence.Dispose();
        lock (_lock)
        {
            foreach (var node in _nodes.All)
                Close(node);
        }

        _journal?.Dispose();
        foreach (var disk in _disks)
            disk.Dispose();
    }

    /// <summary>Withdraws everything that the kernel may have kept from an earlier process: what has changed since then was not told.</summary>
    public void WithdrawAll() => _coherence.WithdrawAll();

    /// <inheritdoc/>
    public Errno Lookup(ulong parent, ReadOnlySpan<byte> name, out FuseEntry entry)
    {
        entry = default;
        if (name.Length > Inode.NameLimit)
            return Errno.ENAMETOOLONG;
        var errno = TryEnter(parent, out var node, out var directory);
        if (errno != Errno.None)
            return errno;
        try
        {
            return Find(node!, directory!, name, out entry);
        }
        finally
        {
            directory!.Release();
        }
    }

    /// <inheritdoc/>
    public void Forget(ulong node, ulong lookups)
    {
        lock (_lock)
        {
            if (_nodes.Find(node) is not { IsRoot: false } known)
                return;
            _nodes.Forget(known, lookups);
            _nodes.RemoveUnknown(known, Removed);
        }
    }

    /// <inheritdoc/>
    public Errno GetFileSystem(ulong node, out FuseFileSystem status)
    {
        status = default;
        DiskMount? mount;
        lock (_lock)
            mount = _nodes.Find(node)?.Identity.Mount ?? _disks.SelectMany(d => d.Mounts).FirstOrDefault();
        if (mount is null)
            return Errno.None;
        var errno = Inode.TryStatFileSystem(mount.Merged, out var s);
        status = new FuseFileSystem(
            s.Blocks, s.FreeBlocks, s.AvailableBlocks, s.Files, s.FreeFiles, (uint)s.BlockSize, (uint)s.NameLength, (uint)s.FragmentSize);
        return errno;
    }

    /// <summary>What a name in an open directory leads to, for the kernel: one more reference to its node.</summary>
    private Errno Find(Node parent, LayeredDirectory directory, ReadOnlySpan<byte> name, out FuseEntry entry)
    {
        var errno = Examine(parent, directory, name, out var found);
        if (errno == Errno.ENOENT)
        {
            lock (_lock)
            {
                if (parent.Child(name) is { } old)
                    Lose(old);
            }

            // Nothing is there, and that too may be kept where a new name is told.
            entry = new FuseEntry { EntryValid = directory.IsWatched ? KeptAbsence : TimeSpan.Zero };
            return entry.EntryValid > TimeSpan.Zero ? Errno.None : Errno.ENOENT;
        }

        entry = default;
        if (errno != Errno.None)
            return errno;
        lock (_lock)
        {
            if (!IsReachable(parent))
                return Errno.ESTALE;
            var node = parent.Child(name);
            if (node is not null && node.Identity != found.Identity)
            {
                Lose(node);
                node = null;
            }

            if (node is null)
                node = _nodes.Add(parent, name, found.Identity, found.Point);
            else
                _nodes.Refer(node);
            entry = new FuseEntry(
                node.Id, 0, Validity(directory), AttributeValidity(directory, node, found), ToFuse(found));
            return Errno.None;
        }
    }

    /// <summary>Looks at a name without touching any node.</summary>
    private static Errno Examine(Node parent, LayeredDirectory directory, ReadOnlySpan<byte> name, out Found found)
    {
        found = default;
        var point = parent.Point?.Find(name);
        if (point?.Mount is { } mount)
            return Examine(mount, point, out found);

        InodeStatus status;
        if (parent.Identity.Mount is { } own)
        {
            var errno = Inode.TryStat(directory.Merged, name, out status);
            if (errno == Errno.None)
            {
                var isUpper = IsUpper(directory, name);
                found = new Found(
                    new NodeIdentity(own, status.Inode, status.Type, isUpper && !status.IsDirectory), point, status, isUpper);
                return Errno.None;
            }

            if (errno != Errno.ENOENT || point is null)
                return errno;
        }

        if (point is null)
            return Errno.ENOENT;
        status = Wayside(point);
        found = new Found(new NodeIdentity(null, status.Inode, status.Type, false), point, status, IsUpper: false);
        return Errno.None;
    }

    private static Errno Examine(DiskMount mount, MountPoint point, out Found found)
    {
        var errno = Inode.TryStat(mount.Merged, [], out var status);
        found = new Found(new NodeIdentity(mount, status.Inode, status.Type, false), point, status, IsUpper: true);
        return errno;
    }

    private static bool IsUpper(LayeredDirectory directory, ReadOnlySpan<byte> name) =>
        directory.Upper is { } upper && Inode.TryStat(upper, name, out _) == Errno.None;

    // A directory that exists only because something is mounted below it. Inode numbers of ours: no file system gives these.
    private static InodeStatus Wayside(MountPoint point) => new()
    {
        Mode = InodeStatus.Directory | 0x16D /* 0555 */,
        Links = 2,
        Inode = ulong.MaxValue - (uint)System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(point),
        BlockSize = 4096,
        User = point.Disk?.Ids.From ?? 0,
        Group = point.Disk?.Ids.From ?? 0,
    };

    private static NodeIdentity RootIdentity(MountPoint place)
    {
        if (place.Mount is not { } mount)
            return new NodeIdentity(null, Wayside(place).Inode, InodeStatus.Directory, false);
        var errno = Examine(mount, place, out var found);
        return errno == Errno.None ? found.Identity : throw new KernelException("statx", errno, mount.Path);
    }

    private TimeSpan Validity(LayeredDirectory directory) => directory.IsWatched ? Kept : TimeSpan.Zero;

    // Nobody tells of a store through a shared mapping, by which a file changes that the server VM can write in place; of a change by
    // another name of a file, in a directory that may not be watched; of a directory's time of access. So that is kept for a glance.
    private TimeSpan AttributeValidity(LayeredDirectory directory, Node? node, in Found found)
    {
        if (!directory.IsWatched)
            return TimeSpan.Zero;
        return IsFixed(found) && (!found.Status.IsDirectory || node?.Opened is LayeredDirectory { IsWatched: true }) ? Kept : Glanced;
    }

    // What lies in a lower layer is not written without a copy being made first, under the same name in the upper layer.
    private static bool IsFixed(in Found found) =>
        !found.IsUpper && found.Identity.Mount is { IsUnion: true } && (found.Status.IsDirectory || found.Status.Links == 1);

    private static FuseAttributes ToFuse(in Found found)
    {
        var s = found.Status;
        var disk = found.Identity.Mount?.Disk ?? found.Point?.Disk;
        return new FuseAttributes
        {
            Inode = s.Inode ^ ((ulong)(found.Identity.Mount?.Index ?? 0) << MountShift),
            Size = s.Size,
            Blocks = s.Blocks,
            BlockSize = s.BlockSize,
            Mode = s.Mode,
            Links = s.Links,
            User = disk?.Ids.Of(s.User) ?? s.User,
            Group = disk?.Ids.Of(s.Group) ?? s.Group,
            // new_encode_dev of the kernel: 12 bits of the major number between 8 and 12 of the minor.
            Device = (s.NodeMinor & 0xFF) | (s.NodeMajor << 8) | ((s.NodeMinor & ~0xFFu) << 12),
            Accessed = new FuseTime(s.Accessed.Seconds, s.Accessed.Nanoseconds),
            Modified = new FuseTime(s.Modified.Seconds, s.Modified.Nanoseconds),
            Changed = new FuseTime(s.Changed.Seconds, s.Changed.Nanoseconds),
            Born = s.Born is { } born ? new FuseTime(born.Seconds, born.Nanoseconds) : null,
        };
    }

    /// <summary>Every node, for when anything may have changed: nothing is open any more, nothing is what it was.</summary>
    internal IReadOnlyList<(ulong? Parent, ulong Id, byte[] Name)> Everything()
    {
        lock (_lock)
        {
            var all = new List<(ulong?, ulong, byte[])>(_nodes.Count);
            foreach (var node in _nodes.All)
            {
                Doubt(node);
                all.Add((node.Parent?.Id, node.Id, node.Name));
            }

            return all;
        }
    }

    /// <summary>A name in a directory has changed: what is open of it is closed. The node that had the name, if there is one.</summary>
    internal Node? Changed(Node directory, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            if (directory.Child(name) is not { } child)
                return null;
            if (child is { IsDirectory: true, IsMountRoot: false })
                CloseBelow(child);
            else
                Doubt(child);
            return child;
        }
    }

    // What is below is opened by way of it, and may be open in layers that are not its own any more.
    private void CloseBelow(Node first)
    {
        var pending = new Stack<Node>([first]);
        while (pending.TryPop(out var node))
        {
            Doubt(node);
            foreach (var child in node.Children?.Values.AsEnumerable() ?? [])
            {
                if (child is { IsDirectory: true, IsMountRoot: false })
                    pending.Push(child);
            }
        }
    }

    /// <summary>What nobody tells of a node is old by now.</summary>
    internal void Expired(Node node)
    {
        lock (_lock)
            Doubt(node);
    }

    // A directory is opened anew when it is used next, a file as well unless it is none of its name any more.
    private void Doubt(Node node)
    {
        node.Epoch++;
        if (node.Opened is OpenFile file)
            file.IsDoubtful = true;
        else
            _open.Close(node);
    }

    private void Close(Node node)
    {
        _open.Close(node);
        _files.Close(node);
    }

    private static bool IsReachable(Node node)
    {
        var at = node;
        while (at.Parent is { } parent)
            at = parent;
        return at.IsRoot;
    }

    private void Lose(Node node)
    {
        _nodes.Detach(node);
        // Who reads a removed file reads on.
        _open.Close(node);
        _nodes.RemoveUnknown(node, Removed);
    }

    private void Removed(Node node)
    {
        Close(node);
        _coherence.Forget(node);
    }

    /// <summary>What a name leads to.</summary>
    /// <param name="Identity">Of the node that stands for it.</param>
    /// <param name="Point">Something is mounted there or below.</param>
    /// <param name="Status">As the server VM sees it, with the ids on disk.</param>
    /// <param name="IsUpper">The server VM has written it, or a part of it.</param>
    private readonly record struct Found(NodeIdentity Identity, MountPoint? Point, InodeStatus Status, bool IsUpper);
}
