using System.Diagnostics;
using HyperSpector.Api.Messages;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks.Changes;

/// <summary>
/// Tells what differs, and from then on what comes to differ or ceases to. Directories that have a part in the upper layer are watched
/// (inotify(7)), there and in the merged mount. An event only says where to look: what is told is what is found there.
/// </summary>
/// <remarks>
/// Not fanotify on the upper layer's file system: that tells of the whole host's files, and this process is not to learn of those. What no
/// event tells is found by looking at everything again at times: stores through a shared mapping (inotify(7), BUGS), and changes of a file by
/// another name than the one that is watched.
/// </remarks>
internal sealed class ChangeFollower : IDisposable
{
    private const int BufferSize = 64 * 1024;

    // Beyond so many names it is quicker to look at everything.
    private const int DirtyLimit = 20_000;

    private static readonly TimeSpan s_gathering = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_often = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_seldom = TimeSpan.FromSeconds(30);

    private readonly Dictionary<FollowedNode, Dictionary<byte[], bool>> _dirty = [];
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly ChangeOutput _output;
    private readonly DirectoryWatch _watch = new();
    private readonly FollowedTree _tree;
    private readonly ChangeWalk _walk;
    private int _dirtyNames;
    private bool _isEverythingDirty;
    private bool _saidBlind;
    private TimeSpan _took;
    private long _walked;

    internal ChangeFollower(ServerDisk disk, ChangeScope scope, ChangeOutput output, int nodeLimit = FollowedTree.NodeLimit)
    {
        _output = output;
        _tree = new FollowedTree(disk, output, _watch, nodeLimit);
        _walk = new ChangeWalk(disk, scope, _tree);
    }

    /// <summary>Goes on until <paramref name="end"/> is readable or hung up.</summary>
    internal void Run(FileDescriptor end)
    {
        WalkEverything();
        _output.Write(new ChangeRecord { Kind = ChangeKind.End });
        _output.Flush();
        var waiting = new PollSet();
        var events = waiting.Add(_watch.Descriptor);
        var ending = waiting.Add(end);
        while (true)
        {
            var left = Pause - Stopwatch.GetElapsedTime(_walked);
            var isReady = left > TimeSpan.Zero && waiting.Wait(left);
            if (isReady && waiting.IsReady(ending))
                return;
            if (isReady && waiting.IsReady(events))
            {
                Gather(end);
                Look();
            }
            else if (Stopwatch.GetElapsedTime(_walked) >= Pause)
            {
                WalkEverything();
            }

            _output.Flush();
        }
    }

    public void Dispose() => _tree.Dispose();

    // Looking at everything takes a twentieth of a processor at most.
    private TimeSpan Pause
    {
        get
        {
            var least = _tree.IsBlind || _walk.SawLinks ? s_often : s_seldom;
            return least > 20 * _took ? least : 20 * _took;
        }
    }

    private void WalkEverything()
    {
        var started = Stopwatch.GetTimestamp();
        _dirty.Clear();
        _dirtyNames = 0;
        _isEverythingDirty = false;
        _walk.SawLinks = false;
        _tree.BeginWhole();
        _walk.Everything();
        _tree.Finish(_tree.Root, isShallow: false);
        _walked = Stopwatch.GetTimestamp();
        _took = Stopwatch.GetElapsedTime(started);
        if (!_tree.IsBlind || _saidBlind)
            return;
        _saidBlind = true;
        _output.Write(new ChangeRecord
        {
            Kind = ChangeKind.Notice,
            Text = "the kernel admits no more watches (fs.inotify.max_user_watches): everything is looked at again and again instead, which is slower",
        });
    }

    // What belongs together often comes within milliseconds, and is looked at once.
    private void Gather(FileDescriptor end)
    {
        var started = Stopwatch.GetTimestamp();
        var waiting = new PollSet();
        _ = waiting.Add(_watch.Descriptor);
        var ending = waiting.Add(end);
        do
        {
            while (true)
            {
                var events = _watch.Read(_buffer);
                if (events.IsEmpty)
                    break;
                foreach (var one in events)
                    Note(one);
            }
        }
        while (s_gathering - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } left && waiting.Wait(left) && !waiting.IsReady(ending));
    }

    private void Note(in DirectoryEvent one)
    {
        if (one.Change.HasFlag(DirectoryChange.Overflow))
            _isEverythingDirty = true;
        if (_tree.OfWatch(one.Watch) is not { } node)
            return;
        if (one.Change.HasFlag(DirectoryChange.Ended))
        {
            _tree.Ended(one.Watch);
            return;
        }

        // Of itself a directory's parent tells, too; only a mount's root has none.
        if ((one.Name.IsEmpty && node.Mount is null) || _isEverythingDirty)
            return;
        if (!_dirty.TryGetValue(node, out var names))
            _dirty[node] = names = new Dictionary<byte[], bool>(ByteNames.Comparer);
        var isShallow = (one.Change & DirectoryChange.All & ~DirectoryChange.Attributes) == 0;
        var name = one.Name.ToArray();
        if (names.TryGetValue(name, out var before))
            isShallow &= before;
        else
            _isEverythingDirty |= ++_dirtyNames > DirtyLimit;
        names[name] = isShallow;
    }

    private void Look()
    {
        if (_isEverythingDirty)
        {
            WalkEverything();
            return;
        }

        foreach (var (directory, names) in _dirty)
        {
            var above = new List<byte[]>();
            var mount = directory;
            for (; mount.Mount is null; mount = mount.Parent!)
                above.Insert(0, mount.Name);
            foreach (var (name, isShallow) in names)
            {
                _tree.Begin();
                if (name.Length == 0)
                {
                    _walk.At(mount.Mount, [], null, isShallow: true);
                    _tree.Finish(directory, isShallow: true);
                    continue;
                }

                // New attributes of a directory that is watched change nothing of what is below it.
                var known = directory.Find(name);
                var shallow = isShallow && known is { Watches.Length: > 0 };
                _walk.At(mount.Mount, above, name, shallow);
                if (directory.Find(name) is { } now)
                    _tree.Finish(now, shallow);
            }
        }

        _dirty.Clear();
        _dirtyNames = 0;
    }
}
