using System.Text;
using HyperSpector.Api.Messages;
using HyperSpector.Linux;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks.Changes;

/// <summary>
/// Finds what differs between a server VM's disk and its base, in time that grows with what the server VM has changed. What is there is asked of
/// the merged mount; names come from the layers: where the server VM sees the base through a directory, only names of the upper
/// layer can differ; below a directory that it has renamed, replaced or removed, all names of both sides.
/// </summary>
/// <remarks>
/// One case cannot be seen in the upper layer's names: a file of the base with several names, of which the server VM has changed one (overlayfs,
/// "index"): the others then show the change, too. When such a file was touched, the whole base is searched for its other names.
/// </remarks>
internal sealed partial class ChangeWalk
{
    /// <summary>Directories in each other; what lies deeper is told to be unread. Each holds some descriptors while it is gone through.</summary>
    internal const int DepthLimit = 8192;

    private readonly ServerDisk _disk;
    private readonly ChangeScope _scope;
    private readonly IChangeSink _sink;
    private readonly Comparison _comparison = new();
    private readonly WalkedPath _path = new();
    private readonly HashSet<byte[]> _mountPoints;

    // Files of the base with several names, of which the server VM has touched one; and what that one leads to, if its content is the base's.
    private readonly Dictionary<LinkKey, LinkKey> _links = [];
    private bool _searchesLinks;

    internal ChangeWalk(ServerDisk disk, ChangeScope scope, IChangeSink sink)
    {
        _disk = disk;
        _scope = scope;
        _sink = sink;
        _mountPoints = new HashSet<byte[]>(disk.Mounts.Where(m => m.Path != "/").Select(m => Encoding.UTF8.GetBytes(m.Path)), ByteNames.Comparer);
    }

    /// <summary>Files with several names were among what was found: a change of one name may show at another, without an event there.</summary>
    internal bool SawLinks { get; set; }

    /// <summary>Goes through everything that is asked for.</summary>
    internal void Everything()
    {
        foreach (var mount in _disk.Mounts.OrderBy(m => m.Path, StringComparer.Ordinal))
            Whole(mount);
    }

    /// <summary>Looks at one name, and unless <paramref name="isShallow"/> at everything below it.</summary>
    /// <param name="mount">In which mount.</param>
    /// <param name="above">Names of the directories from the mount's root down.</param>
    /// <param name="name">The name; null: the mount's root itself.</param>
    /// <param name="isShallow">Not what is below it.</param>
    internal void At(DiskMount mount, IReadOnlyList<byte[]> above, byte[]? name, bool isShallow)
    {
        _path.Set(Encoding.UTF8.GetBytes(mount.Path));
        _links.Clear();
        var directory = ChangeDirectory.Root(mount);
        if (name is null)
        {
            JudgeRoot(mount);
            return;
        }

        foreach (var step in above)
        {
            _path.Push(step);
            var errno = Stats(directory, step, out var now, out var was, out _);
            ChangeDirectory? next = null;
            if (errno == Errno.None && now is { IsDirectory: true })
                errno = directory.TryOpen(step, isThere: true, was is { IsDirectory: true }, out next);
            directory.Dispose();
            // It is being moved or removed: that is an event further up.
            if (next is null)
                return;
            directory = next;
        }

        var length = _path.Length;
        _path.Push(name);
        using (directory)
        {
            var child = Visit(directory, name);
            if (child is null)
                return;
            if (isShallow)
                child.Dispose();
            else
                Descend(child, length);
        }
    }

    private void Whole(DiskMount mount)
    {
        _path.Set(Encoding.UTF8.GetBytes(mount.Path));
        if (!mount.IsUnion)
        {
            if (Inode.TryStat(mount.Merged, [], out var status) != Errno.None)
                return;
            if (_scope.Contains(_path.Bytes))
                _sink.Tell(_path.Bytes, new Verdict(ChangeKind.Mount, status, 0));
            if (_scope.EntersMounts && status.IsDirectory)
                Descend(ChangeDirectory.Root(mount), _path.Length);
            return;
        }

        _links.Clear();
        JudgeRoot(mount);
        Descend(ChangeDirectory.Root(mount), _path.Length);
        if (_links.Count == 0)
            return;
        _searchesLinks = true;
        try
        {
            Descend(ChangeDirectory.Root(mount), _path.Length);
        }
        finally
        {
            _searchesLinks = false;
        }
    }

    private void Descend(ChangeDirectory top, int pathAbove)
    {
        var frames = new Stack<WalkFrame>();
        Enter(frames, top, pathAbove);
        try
        {
            while (frames.TryPeek(out var frame))
            {
                if (frame.Next() is not { } name)
                {
                    if (frame.Failure != Errno.None)
                        Unread(frame.Directory);
                    _path.Cut(frame.PathAbove);
                    frames.Pop().Dispose();
                    continue;
                }

                var length = _path.Length;
                _path.Push(name);
                var child = _searchesLinks ? VisitAlias(frame, name) : Visit(frame.Directory, name);
                if (child is not null && frames.Count < DepthLimit)
                {
                    Enter(frames, child, length);
                    continue;
                }

                if (child is not null)
                    Unread(child);
                child?.Dispose();
                _path.Cut(length);
            }
        }
        finally
        {
            foreach (var frame in frames)
                frame.Dispose();
        }
    }

    private void Enter(Stack<WalkFrame> frames, ChangeDirectory directory, int pathAbove)
    {
        // Before it is listed: what comes later is an event.
        if (!_searchesLinks && directory.Changing is not null)
            _sink.Entering(_path.Bytes, directory);
        frames.Push(new WalkFrame(directory, _searchesLinks, pathAbove));
    }

    private void Unread(ChangeDirectory directory)
    {
        var status = default(InodeStatus);
        if (directory.Merged is { } merged)
            _ = Inode.TryStat(merged, [], out status);
        Tell(Verdict.Unread(status));
    }

    private void Tell(in Verdict verdict)
    {
        if (verdict.Kind != ChangeKind.Same && _scope.Contains(_path.Bytes))
            _sink.Tell(_path.Bytes, verdict);
    }
}
