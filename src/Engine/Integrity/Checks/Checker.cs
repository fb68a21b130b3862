using HyperSpector.Engine.Integrity.Baselines;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Integrity.Checks;

/// <summary>
/// Compares what is there with a baseline: everything, or only what can have changed. Both look at a file in the same way
/// (<see cref="Entry"/>): a check of what has changed differs by the names that it looks at, and by nothing else (docs/integrity.md has
/// the table of why the others need no look).
/// </summary>
internal sealed class Checker(TreeDirectory root, IOverlayMarks marks, Baseline baseline, IntegrityPolicy policy, Measurer measurer)
    : Walk(root, marks, policy, measurer)
{
    private const int LeastToList = 4;
    private const int ShareToList = 8;

    /// <summary>Where a directory's lower part is, now and then; and whether only what has changed is to be looked at in it.</summary>
    private readonly record struct Place(bool ChangedOnly, Origin Now, Origin Before)
    {
        internal static Place Everything => default;
    }

    /// <summary>Whether only what has changed can be looked at: the lower layers are what they were.</summary>
    internal static bool CanTellChanges(IOverlayMarks marks, Baseline baseline) =>
        marks.Generation.Length > 0 && marks.Generation == baseline.Facts.Generation;

    /// <summary>Checks; what differs is in the findings, by path.</summary>
    /// <param name="changedOnly">Only if <see cref="CanTellChanges"/>.</param>
    internal void Run(bool changedOnly)
    {
        var record = baseline.Root;
        var errno = Entries.TryStatus(Root.Merged, out var status);
        if (errno != Errno.None)
            throw new IntegrityException($"the root of the server's files cannot be looked at ({errno})");
        if (Policy.Select([]) is { } selected)
            Compare(Root, [(byte)'.', 0], status, selected, record, isLower: false);
        if (Policy.Enters([]))
            Children(Root, record, new Place(changedOnly && !IsMount(), Origin.Root, Origin.Root));
        Measurer.Finish();
        Findings.Sort((a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path) is var order and not 0 ? order : a.Kind.CompareTo(b.Kind));
    }

    private void Children(TreeDirectory directory, BaselineRecord? record, Place place)
    {
        if (place.ChangedOnly && record is { } known && Candidates(directory, known) is { } candidates)
        {
            foreach (var (name, inUpper) in candidates)
                Entry(directory, name, baseline.Find(known, name.AsSpan()[..^1]), place, inUpper);
            return;
        }

        if (ListAll(directory) is not { } names)
            return;
        var at = 0;
        foreach (var child in record is { } before ? baseline.Children(before) : [])
        {
            var name = baseline.Name(child);
            while (at < names.Count && names[at].SequenceCompareTo(name) < 0)
                Entry(directory, names.WithZero(at++).ToArray(), null, Place.Everything, inUpper: true);
            if (at < names.Count && names[at].SequenceEqual(name))
                Entry(directory, names.WithZero(at++).ToArray(), child, Place.Everything, inUpper: true);
            else
                Removed(child);
        }

        while (at < names.Count)
            Entry(directory, names.WithZero(at++).ToArray(), null, Place.Everything, inUpper: true);
    }

    // The names that can have changed, each with its zero, and whether the upper layer has them; null if that cannot be told.
    private SortedDictionary<byte[], bool>? Candidates(TreeDirectory directory, BaselineRecord record)
    {
        var names = new SortedDictionary<byte[], bool>(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));
        foreach (var special in baseline.SpecialChildren(record))
            names[[.. baseline.Name(special), 0]] = false;
        foreach (var mount in Marks.Mounts.Concat(baseline.Facts.Mounts))
        {
            if (mount.Length > Path.Current.Length && mount.AsSpan().StartsWith(Path.Current) && mount[Path.Current.Length] == (byte)'/')
            {
                var rest = mount.AsSpan(Path.Current.Length + 1);
                var end = rest.IndexOf((byte)'/');
                names[[.. end < 0 ? rest : rest[..end], 0]] = false;
            }
        }

        if (directory.Upper is null)
            return names;
        if (List(directory.Upper) is not { } upper)
            return null;
        // A listing brings the attributes of all names in one answer; where many will be asked for, that is less than asking for each.
        if (upper.Count > LeastToList && upper.Count > record.ChildCount / ShareToList)
            Foresee(directory);
        for (var i = 0; i < upper.Count; i++)
            names[upper.WithZero(i).ToArray()] = true;
        return names;
    }

    // One name: what was there (a whiteout is nothing) against what is there, and everything below it.
    private void Entry(TreeDirectory parent, byte[] name, BaselineRecord? recorded, Place place, bool inUpper)
    {
        Path.Push(name.AsSpan()[..^1]);
        var selected = Policy.Select(Path.Current);
        if (selected is not null || Policy.Enters(Path.Current))
            Look(parent, name, recorded is { IsWhiteout: true } ? null : recorded, selected, place, inUpper);
        Path.Pop();
    }

    private void Look(TreeDirectory parent, byte[] name, BaselineRecord? before, Attributes? selected, Place place, bool inUpper)
    {
        var errno = Entries.TryStatus(parent.Merged, name, out var status);
        if (IsGone(errno))
        {
            if (before is { } gone)
                RemovedHere(gone);
            return;
        }

        if (errno != Errno.None)
        {
            Unreadable(Path.Copy(), errno);
            return;
        }

        if (selected is { } attributes)
            Compare(parent, name, status, attributes, before, isLower: place.ChangedOnly && !inUpper);
        if (status.IsDirectory && Policy.Enters(Path.Current))
            Descend(parent, name, before is { Status.IsDirectory: true } ? before : null, place);
        if (before is { Status.IsDirectory: true } directory && !status.IsDirectory)
            RemovedBelow(directory);
    }

    private void Compare(TreeDirectory parent, byte[] name, EntryStatus status, Attributes selected, BaselineRecord? recorded, bool isLower)
    {
        var path = Path.Copy();
        if (recorded is not { IsSelected: true } record)
        {
            Findings.Add(new Finding(FindingKind.Added, path, Attributes.None, null, new FileState { Status = status }, Errno.None));
            return;
        }

        var before = baseline.State(record);
        // A lower file with several names, one of which may have been written to: then it is another inode, whose time of change nobody
        // can set back. As long as it is the lower one, its content is what it was.
        if (isLower && (record.Flags & RecordFlags.Lower) != 0 && !status.IsDirectory && Comparison.IsUntouched(before.Status, status))
            return;
        var length = (selected & Attributes.Growing) != 0 ? before.Status.Size : (ulong)Policy.ContentLimit;
        Measure(parent, name, status, selected, length, (now, errno) =>
        {
            if (now is null)
            {
                // Not there any more, or something else by now: it will be told by the next check if it stays so.
                Findings.Add(IsGone(errno)
                    ? new Finding(FindingKind.Removed, path, Attributes.None, before, null, Errno.None)
                    : new Finding(FindingKind.Unreadable, path, Attributes.None, before, null, errno));
                return;
            }

            var differing = Comparison.Differences(selected, before, now);
            if (differing != Attributes.None)
                Findings.Add(new Finding(FindingKind.Changed, path, differing, before, now, Errno.None));
        });
    }

    private void Descend(TreeDirectory parent, byte[] name, BaselineRecord? before, Place place)
    {
        var isMount = IsMount();
        TreeDirectory? child = null;
        var errno = Path.Depth > MostDepth ? Errno.ENAMETOOLONG : parent.TryOpen(name, isMount, out child);
        if (errno != Errno.None)
        {
            if (!IsGone(errno))
                Unreadable(Path.Copy(), errno);
            else if (before is { } gone)
                RemovedBelow(gone);
            return;
        }

        var inside = Place.Everything;
        if (place.ChangedOnly && !isMount && before is { } record && child!.TryMarks(out var marks) == Errno.None)
        {
            var last = name.AsSpan()[..^1];
            inside = new Place(true, place.Now.Below(last, marks), place.Before.Below(last, baseline.Marks(record)));
            // Another lower directory than then: nothing is known of it.
            if (inside.Now != inside.Before)
                inside = Place.Everything;
        }

        Children(child!, before, inside);
        child!.Release();
    }

    private void Removed(BaselineRecord record)
    {
        Path.Push(baseline.Name(record));
        if (!record.IsWhiteout)
            RemovedHere(record);
        Path.Pop();
    }

    private void RemovedHere(BaselineRecord record)
    {
        if (record.IsSelected && Policy.Select(Path.Current) is not null)
            Findings.Add(new Finding(FindingKind.Removed, Path.Copy(), Attributes.None, baseline.State(record), null, Errno.None));
        RemovedBelow(record);
    }

    private void RemovedBelow(BaselineRecord directory)
    {
        // Nothing deeper was ever recorded.
        if (Path.Depth > MostDepth + 1)
            throw Baseline.Damaged("a directory");
        foreach (var child in baseline.Children(directory))
            Removed(child);
    }

    private bool IsMount()
    {
        foreach (var mount in Marks.Mounts.Concat(baseline.Facts.Mounts))
        {
            if (Path.Current.SequenceEqual(mount))
                return true;
        }

        return false;
    }
}
