using HyperSpector.Linux;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks.Changes;

/// <summary>
/// What was told so far, and what is watched: so that only what is new is told, however often something is looked at. After an overflow
/// everything is looked at again, and nothing is told twice, and nothing lost.
/// </summary>
internal sealed class FollowedTree : IChangeSink, IDisposable
{
    /// <summary>Paths that differ and directories that are watched: some hundred bytes each.</summary>
    internal const int NodeLimit = 500_000;

    private readonly ChangeOutput _output;
    private readonly IdTranslation _ids;
    private readonly DirectoryWatch _watch;
    private readonly Dictionary<int, FollowedNode> _watched = [];
    private readonly FollowedNode _root = new(null, []);
    private readonly int _nodeLimit;
    private int _nodes;
    private long _walk;

    internal FollowedTree(ServerDisk disk, ChangeOutput output, DirectoryWatch watch, int nodeLimit = NodeLimit)
    {
        _output = output;
        _ids = disk.Ids;
        _watch = watch;
        _nodeLimit = nodeLimit;
        foreach (var mount in disk.Mounts)
            Of(System.Text.Encoding.UTF8.GetBytes(mount.Path)).Mount = mount;
    }

    /// <summary>The root of all paths.</summary>
    internal FollowedNode Root => _root;

    /// <summary>The kernel admits no more watches: some directories are not watched.</summary>
    internal bool IsBlind { get; private set; }

    /// <summary>Whose event it is; null: nobody's any more.</summary>
    internal FollowedNode? OfWatch(int watch) => _watched.GetValueOrDefault(watch);

    /// <summary>The kernel has ended a watch.</summary>
    internal void Ended(int watch)
    {
        if (_watched.Remove(watch, out var node))
            node.Watches = [.. node.Watches.Where(w => w != watch)];
    }

    /// <summary>A walk begins; what it does not tell again is no longer so.</summary>
    internal void Begin() => _walk++;

    /// <summary>The same, of everything.</summary>
    internal void BeginWhole()
    {
        Begin();
        IsBlind = false;
    }

    /// <summary>A walk has looked at a path, and unless <paramref name="isShallow"/> at everything below it.</summary>
    internal void Finish(FollowedNode top, bool isShallow)
    {
        var all = isShallow ? [top] : top.Whole();
        foreach (var node in all)
        {
            if (node.Told is not null && node.ToldIn < _walk)
            {
                node.Told = null;
                _output.Write(ChangeText.Of(PathOf(node), Verdict.Same, _ids));
            }

            if (isShallow || node.EnteredIn >= _walk)
                continue;
            foreach (var watch in node.Watches)
                Unwatch(watch);
            node.Watches = [];
        }

        // From below: a parent is idle once its children are gone.
        for (var i = all.Count - 1; i >= 0; i--)
            Prune(all[i]);
    }

    public void Tell(ReadOnlySpan<byte> path, in Verdict verdict)
    {
        var node = Of(path);
        var told = Told.Of(verdict);
        node.ToldIn = _walk;
        if (node.Told == told)
            return;
        node.Told = told;
        _output.Write(ChangeText.Of(path, verdict, _ids));
    }

    // Two watches. In the upper layer's directory a name comes when something below it is copied up, in whatever directory that is. What is
    // written to a file that is there already raises no event there (fs/overlayfs/file.c, FMODE_NONOTIFY), but in the merged directory.
    public void Entering(ReadOnlySpan<byte> path, ChangeDirectory directory)
    {
        var node = Of(path);
        node.EnteredIn = _walk;
        var watches = new List<int>(2);
        Watch(directory.Changing, watches);
        Watch(directory.Merged, watches);
        foreach (var old in node.Watches)
        {
            if (!watches.Contains(old))
                Unwatch(old);
        }

        foreach (var watch in watches)
        {
            // The directory may have been somewhere else before, under the same number.
            if (_watched.TryGetValue(watch, out var former) && former != node)
                former.Watches = [.. former.Watches.Where(w => w != watch)];
            _watched[watch] = node;
        }

        node.Watches = [.. watches];
    }

    public void Dispose() => _watch.Dispose();

    private void Watch(FileDescriptor? directory, List<int> watches)
    {
        if (directory is null)
            return;
        var errno = _watch.TryAdd(directory, out var watch);
        if (errno == Errno.None && !watches.Contains(watch))
            watches.Add(watch);
        // It is gone (ENOENT), or there are too many.
        IsBlind |= errno is not (Errno.None or Errno.ENOENT or Errno.ENOTDIR);
    }

    private void Unwatch(int watch)
    {
        _ = _watched.Remove(watch);
        _watch.Remove(watch);
    }

    private void Prune(FollowedNode node)
    {
        if (!node.IsIdle || node.Parent is not { } parent)
            return;
        parent.Remove(node);
        _nodes--;
    }

    private FollowedNode Of(ReadOnlySpan<byte> path)
    {
        var node = _root;
        foreach (var part in path.Split((byte)'/'))
        {
            if (path[part].IsEmpty)
                continue;
            if (node.Find(path[part]) is { } known)
            {
                node = known;
                continue;
            }

            if (_nodes >= _nodeLimit)
                throw new IOException($"more than {_nodeLimit} paths differ or have to be watched, too many to follow; name the paths that matter");
            _nodes++;
            node = node.Add(path[part]);
        }

        return node;
    }

    private static byte[] PathOf(FollowedNode node)
    {
        var names = new List<byte[]>();
        for (var at = node; at.Parent is not null; at = at.Parent)
            names.Add(at.Name);
        names.Reverse();
        return [.. names.SelectMany(n => n.Prepend((byte)'/'))];
    }
}
