using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks.Changes;

// A single name: what is there, what the base has, and whether to go on below it.
internal sealed partial class ChangeWalk
{
    // Files of the base with several names that differ: beyond so many, all files with several names are looked at.
    private const int LinkLimit = 100_000;

    /// <summary>A file.</summary>
    private readonly record struct LinkKey(uint Major, uint Minor, ulong Inode)
    {
        internal static LinkKey Of(in InodeStatus status) => new(status.DeviceMajor, status.DeviceMinor, status.Inode);
    }

    /// <summary>Tells whether a name differs; returns the directory to go on in, null: nothing below it can differ.</summary>
    private ChangeDirectory? Visit(ChangeDirectory directory, byte[] name)
    {
        // What lies below a mount cannot be seen, and the mount is gone through by itself.
        if (_mountPoints.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(_path.Bytes))
            return null;
        var errno = Stats(directory, name, out var now, out var was, out var layer);
        if (errno != Errno.None)
        {
            Tell(Verdict.Unread(now ?? default));
            return null;
        }

        var isLinked = was is { IsDirectory: false, Links: > 1 };
        if (isLinked || _scope.Contains(_path.Bytes))
        {
            var current = now;
            var verdict = Verdict.Of(now, was, () => _comparison.Of(directory, name, layer!, current!.Value, was!.Value));
            Tell(verdict);
            if (isLinked)
                NoteLink(was!.Value, now ?? default, verdict);
            if (now is { IsDirectory: false, Links: > 1 })
                SawLinks = true;
        }

        var isThere = now is { IsDirectory: true };
        var wasThere = was is { IsDirectory: true };
        if (!isThere && !wasThere)
            return null;
        errno = directory.TryOpen(name, isThere, wasThere, out var child);
        // Gone, or something else by now: whoever did that will be told of, if somebody follows.
        if (errno is Errno.ENOENT or Errno.ENOTDIR)
            return null;
        if (errno != Errno.None)
            Tell(Verdict.Unread(now ?? default));
        return child;
    }

    /// <summary>As <see cref="Visit"/>, for names of the base that the upper layer has not: another name of a file that differs differs, too.</summary>
    private ChangeDirectory? VisitAlias(WalkFrame frame, byte[] name)
    {
        var directory = frame.Directory;
        if (_mountPoints.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(_path.Bytes)
            || directory.TryBase(name, out var was, out var layer) != Errno.None || was is null)
        {
            return null;
        }

        var isUpper = directory.Upper is not null && frame.IsFromFirst;
        if (!was.Value.IsDirectory)
        {
            var unchanged = default(LinkKey);
            if (!isUpper && was.Value.Links > 1 && (_links.TryGetValue(LinkKey.Of(was.Value), out unchanged) || _links.Count >= LinkLimit))
                TellAlias(directory, name, layer!, was.Value, unchanged);
            return null;
        }

        // What is not seen through was gone through name by name.
        if (Inode.TryStat(directory.Merged!, name, out var now) != Errno.None || !now.IsDirectory
            || directory.TryOpen(name, isThere: true, wasThere: true, out var child) != Errno.None)
        {
            return null;
        }

        if (child!.IsAligned)
            return child;
        child.Dispose();
        return null;
    }

    // The file that it leads to now has no name here by which it could be read without a trace: its content is not known, unless another
    // name of the very same file was seen to have the base's.
    private void TellAlias(ChangeDirectory directory, byte[] name, FileDescriptor layer, in InodeStatus was, LinkKey unchanged)
    {
        if (Inode.TryReference(directory.Merged!, name, out var reference) != Errno.None)
            return;
        using (reference)
        {
            // The time of change is the lower file's own as long as it was not copied.
            if (Inode.TryStat(reference!, [], out var now) != Errno.None || now.Type != was.Type || now.Changed == was.Changed)
                return;
            var parts = Comparison.OfStatus(now, was);
            if (now.IsRegular && now.Size == was.Size && LinkKey.Of(now) != unchanged)
                parts |= ChangedParts.Unread;
            if (Inode.TryReference(layer, name, out var basis) == Errno.None)
            {
                using (basis)
                    parts |= _comparison.OfAttributes(reference!, basis!);
            }

            if (parts != ChangedParts.None)
                Tell(new Verdict(Api.Messages.ChangeKind.Changed, now, was.Type, parts));
        }
    }

    // Also where the name itself does not differ: what was written by it may have lost it to a copy of the base's file.
    private void NoteLink(in InodeStatus was, in InodeStatus now, in Verdict verdict)
    {
        SawLinks = true;
        var key = LinkKey.Of(was);
        var hasContent = verdict.Kind is Api.Messages.ChangeKind.Same or Api.Messages.ChangeKind.Changed
            && (verdict.Parts & (ChangedParts.Content | ChangedParts.Unread)) == 0;
        if (_links.Count < LinkLimit && (hasContent || !_links.ContainsKey(key)))
            _links[key] = hasContent ? LinkKey.Of(now) : default;
    }

    private void JudgeRoot(DiskMount mount)
    {
        if (Inode.TryStat(mount.Merged, [], out var now) != Errno.None || !mount.IsUnion)
            return;
        var lower = mount.Layers[1].Root;
        if (Inode.TryStat(lower, [], out var was) == Errno.None)
            Tell(Verdict.Of(now, was, () => Comparison.OfStatus(now, was) | _comparison.OfAttributes(mount.Merged, lower)));
    }

    private static Errno Stats(
        ChangeDirectory directory, ReadOnlySpan<byte> name, out InodeStatus? now, out InodeStatus? was, out FileDescriptor? layer)
    {
        now = null;
        was = null;
        layer = null;
        if (directory.Merged is { } merged)
        {
            var errno = Inode.TryStat(merged, name, out var status);
            if (errno == Errno.None)
                now = status;
            else if (errno != Errno.ENOENT)
                return errno;
        }

        return directory.TryBase(name, out was, out layer);
    }
}
