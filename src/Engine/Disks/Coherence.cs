using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks;

/// <summary>
/// Tells the IDS VM's kernel what is no longer true of what it keeps, so that it may keep everything else for long. The directories of
/// the layers are watched (inotify(7)), not the merged ones: overlayfs makes every copy, whiteout and directory by an ordinary operation
/// in the upper layer's directory, which raises an event there; changes of a lower layer that the base makes raise theirs.
/// </summary>
/// <remarks>
/// A directory that the server VM has changed nothing in has no upper part, and nothing to watch there. When it gets one, that is an
/// event in the upper part of the directory above, which exists and is watched, for the same reason. The new part is then watched, and what is in
/// it by that time is told as if there had been events.
/// Requests that were being answered meanwhile do no harm: for attributes the kernel ignores answers to questions that are older than
/// a notification (fuse: attr_version), and it takes a directory's lock for dropping a name as for looking one up.
/// </remarks>
internal sealed class Coherence : IDisposable
{
    private const int BufferSize = 64 * 1024;
    private readonly ViewTree _tree;
    private readonly IViewCache? _cache;
    private readonly DirectoryWatch? _watch;
    private readonly Dictionary<int, List<Node>> _watched = [];
    private readonly Expiry _expiry = new();
    private readonly Lock _lock = new();
    private readonly EventFd _stop = new();
    private readonly Thread? _thread;
    private long _rounds;
    private volatile bool _isFull;
    private volatile bool _ended;
    private volatile bool _withdraw;

    internal Coherence(ViewTree tree, IViewCache? cache)
    {
        _tree = tree;
        _cache = cache;
        if (cache is null)
            return;
        _watch = new DirectoryWatch();
        _thread = new Thread(Run) { Name = "coherence", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Watches a directory in all its layers; false: not in all, and nothing of it may be kept.</summary>
    internal bool Watch(Node node, ReadOnlySpan<LayerDirectory> layers)
    {
        if (_watch is null)
            return false;
        var numbers = new int[layers.Length];
        var wasWatched = node.Watches.Length > 0;
        for (var i = 0; i < layers.Length; i++)
        {
            var errno = _isFull && !wasWatched ? Errno.ENOSPC : _watch.TryAdd(layers[i].Reference, out numbers[i]);
            if (errno == Errno.None)
                continue;
            // Not for ever: what is forgotten makes room.
            _isFull = errno == Errno.ENOSPC;
            Set(node, numbers.AsSpan(0, i));
            Set(node, []);
            // The kernel was promised to be told.
            if (wasWatched)
                WithdrawAll();
            return false;
        }

        Set(node, numbers);
        return true;
    }

    /// <summary>The kernel has forgotten a node.</summary>
    internal void Forget(Node node)
    {
        if (node.Watches.Length > 0)
            Set(node, []);
    }

    /// <summary>Data of a node are being read whose change nobody may tell: they are withdrawn a second from now.</summary>
    internal void Expire(Node node)
    {
        if (_cache is not null && _expiry.Add(node))
            _stop.Set();
    }

    /// <summary>Tells, on the thread that tells, of every node.</summary>
    internal void WithdrawAll()
    {
        _withdraw = true;
        _stop.Set();
    }

    /// <summary>Waits until everything that has happened before is told.</summary>
    internal bool Settle(TimeSpan limit)
    {
        if (_watch is null)
            return true;
        var target = Interlocked.Read(ref _rounds) + 2;
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (Interlocked.Read(ref _rounds) < target)
        {
            if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > limit)
                return false;
            // A round that finds nothing ends at once.
            _stop.Set();
            Thread.Sleep(1);
        }

        return true;
    }

    public void Dispose()
    {
        _ended = true;
        _stop.Set();
        _thread?.Join();
        _watch?.Dispose();
        _stop.Dispose();
    }

    private void Set(Node node, ReadOnlySpan<int> numbers)
    {
        lock (_lock)
        {
            foreach (var old in node.Watches)
            {
                if (numbers.Contains(old) || !_watched.TryGetValue(old, out var nodes))
                    continue;
                _ = nodes.Remove(node);
                if (nodes.Count > 0)
                    continue;
                _ = _watched.Remove(old);
                _watch!.Remove(old);
                _isFull = false;
            }

            foreach (var number in numbers)
            {
                if (!_watched.TryGetValue(number, out var nodes))
                    _watched[number] = nodes = new List<Node>(1);
                if (!nodes.Contains(node))
                    nodes.Add(node);
            }

            node.Watches = numbers.ToArray();
        }
    }

    private void Run()
    {
        var buffer = new byte[BufferSize];
        var descriptors = new PollSet();
        _ = descriptors.Add(_watch!.Descriptor);
        _ = descriptors.Add(_stop.Descriptor);
        while (!_ended)
        {
            _ = descriptors.Wait(_expiry.Next);
            _stop.Reset();
            while (!_ended && _expiry.Take() is { } old)
            {
                _tree.Expired(old);
                _cache!.DropNode(old.Id);
            }

            if (_withdraw)
            {
                _withdraw = false;
                TellEverything();
            }

            while (!_ended)
            {
                var events = _watch.Read(buffer);
                if (events.IsEmpty)
                    break;
                foreach (var one in events)
                    Tell(one);
            }

            _ = Interlocked.Increment(ref _rounds);
        }
    }

    private void Tell(in DirectoryEvent one)
    {
        if (one.Change.HasFlag(DirectoryChange.Overflow))
        {
            TellEverything();
            return;
        }

        foreach (var node in NodesOf(one))
        {
            if (one.Name.IsEmpty)
                _cache!.DropNode(node.Id);
            else
                Tell(node, one.Name, one.Change);
        }
    }

    private void TellEverything()
    {
        foreach (var node in _tree.Everything())
            Tell(node.Parent, node.Id, node.Name);
    }

    private void Tell(ulong? parent, ulong node, ReadOnlySpan<byte> name)
    {
        if (parent is { } above)
            _cache!.DropEntry(above, name);
        _cache!.DropNode(node);
    }

    private Node[] NodesOf(in DirectoryEvent one)
    {
        lock (_lock)
        {
            if (!_watched.TryGetValue(one.Watch, out var nodes))
                return [];
            if (one.Change.HasFlag(DirectoryChange.Ended))
                _ = _watched.Remove(one.Watch);
            return [.. nodes];
        }
    }

    private void Tell(Node directory, ReadOnlySpan<byte> name, DirectoryChange change)
    {
        const DirectoryChange Content = DirectoryChange.Modified | DirectoryChange.Attributes;
        var child = _tree.Changed(directory, name);
        if ((change & ~Content & DirectoryChange.All) != 0)
        {
            _cache!.DropEntry(directory.Id, name);
            _cache.DropNode(directory.Id);
        }

        if (child is null)
            return;
        _cache!.DropNode(child.Id);
        if (child.IsDirectory)
            TellNewPart(child);
    }

    /// <summary>A directory may have an upper part that it had not: what is in it came without an event.</summary>
    private void TellNewPart(Node first)
    {
        var pending = new Stack<Node>([first]);
        var buffer = new byte[BufferSize];
        while (pending.TryPop(out var node))
        {
            // Opening it watches it.
            if (_tree.TryEnter(node, out var directory) != Errno.None)
                continue;
            if (directory!.Upper is { } upper && Inode.TryList(upper, out var listed) == Errno.None)
            {
                using (listed)
                {
                    while (Inode.TryReadEntries(listed!, buffer, out var count) == Errno.None && count > 0)
                    {
                        foreach (var name in new DirectoryEntries(buffer.AsSpan(0, count)))
                        {
                            var child = _tree.Changed(node, name);
                            _cache!.DropEntry(node.Id, name);
                            if (child is null)
                                continue;
                            _cache.DropNode(child.Id);
                            if (child.IsDirectory)
                                pending.Push(child);
                        }
                    }
                }

                // After its names: what the kernel keeps of a listing is made of them.
                _cache!.DropNode(node.Id);
            }

            directory.Release();
        }
    }
}
