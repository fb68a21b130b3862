using HyperSpector.Engine.Integrity.Baselines;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Integrity.Checks;

/// <summary>Makes a baseline of what is there.</summary>
internal sealed class Recorder(TreeDirectory root, IOverlayMarks marks, IntegrityPolicy policy, Measurer measurer)
    : Walk(root, marks, policy, measurer)
{
    private readonly BaselineBuilder _builder = new();

    private readonly record struct Entry(byte[] Name, EntryStatus Status, RecordFlags Flags, Attributes Attributes);

    /// <summary>Walks the tree; what could not be read is in the findings.</summary>
    internal BaselineBuilder Run()
    {
        var errno = Entries.TryStatus(Root.Merged, out var status);
        if (errno != Errno.None)
            throw new IntegrityException($"the root of the server's files cannot be looked at ({errno})");
        Add(0, Root, new Entry([(byte)'.', 0], status, RecordFlags.None, Attributes.None) with
        {
            Flags = Policy.Select([]) is null ? RecordFlags.None : RecordFlags.Selected,
            Attributes = Policy.Select([]) ?? Attributes.None,
        }, default);
        if (Policy.Enters([]))
            Children(Root, 0, mounted: false);
        Measurer.Finish();
        return _builder;
    }

    private void Children(TreeDirectory directory, int index, bool mounted)
    {
        if (ListAll(directory) is not { } names)
            return;
        var upper = directory.Upper is null ? NameList.Empty : List(directory.Upper);
        var entries = new List<Entry>();
        for (var i = 0; i < names.Count; i++)
            Look(directory.Merged, names, i, mounted ? RecordFlags.None : OfLayer(upper, names[i]), entries);
        for (var i = 0; upper is not null && i < upper.Count; i++)
        {
            if (upper.MayBeCharacterDevice(i) && !names.Contains(upper[i]))
                Look(directory.Upper!, upper, i, RecordFlags.Whiteout | RecordFlags.Special, entries);
        }

        entries.Sort((a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
        var first = _builder.AddChildren(index, [.. entries.Select(e => e.Name[..^1])]);
        for (var i = 0; i < entries.Count; i++)
        {
            Path.Push(entries[i].Name.AsSpan()[..^1]);
            Visit(directory, first + i, entries[i], mounted);
            Path.Pop();
        }
    }

    // A special one: a look at the upper layer would not lead there, once it has lost it.
    private static RecordFlags OfLayer(NameList? upper, ReadOnlySpan<byte> name) =>
        upper is null || upper.Contains(name) ? RecordFlags.Special : RecordFlags.Lower;

    private void Look(Linux.Handles.FileDescriptor tree, NameList names, int index, RecordFlags flags, List<Entry> entries)
    {
        Path.Push(names[index]);
        var selected = Policy.Select(Path.Current);
        var errno = Errno.None;
        if (selected is not null || Policy.Enters(Path.Current))
        {
            errno = Entries.TryStatus(tree, names.WithZero(index), out var status);
            var isWhiteout = (flags & RecordFlags.Whiteout) != 0;
            // The way to what is selected leads through directories; a whiteout on it is noted as well.
            if (errno == Errno.None && (isWhiteout ? status.IsWhiteout : selected is not null || status.IsDirectory))
            {
                if (selected is not null)
                    flags |= RecordFlags.Selected;
                // With an index, a change by another name of an inode shows by this one, of which the upper layer has nothing.
                if (status.Links > 1 && !status.IsDirectory && (flags & RecordFlags.Lower) != 0)
                    flags |= RecordFlags.Special;
                entries.Add(new Entry(names.WithZero(index).ToArray(), status, flags, selected ?? Attributes.None));
            }
        }

        if (errno != Errno.None && !IsGone(errno))
            Unreadable(Path.Copy(), errno);
        Path.Pop();
    }

    private void Visit(TreeDirectory directory, int index, Entry entry, bool mounted)
    {
        if ((entry.Flags & RecordFlags.Whiteout) != 0)
        {
            _builder.Place(index, entry.Flags, entry.Attributes, entry.Status);
            return;
        }

        var marks = default(DirectoryMarks);
        if (!entry.Status.IsDirectory || !Policy.Enters(Path.Current))
        {
            Add(index, directory, entry, marks);
            return;
        }

        var isMount = Marks.Mounts.Any(m => Path.Current.SequenceEqual(m));
        TreeDirectory? child = null;
        var errno = Path.Depth > MostDepth ? Errno.ENAMETOOLONG : directory.TryOpen(entry.Name, mounted || isMount, out child);
        if (errno == Errno.None)
            errno = child!.TryMarks(out marks);
        if (errno != Errno.None && !IsGone(errno))
            Unreadable(Path.Copy(), errno);
        Add(index, directory, entry, marks);
        if (child is null)
            return;
        Children(child, index, mounted || isMount);
        child.Release();
    }

    private void Add(int index, TreeDirectory directory, Entry entry, DirectoryMarks marks)
    {
        _builder.Place(index, entry.Flags, entry.Attributes, entry.Status);
        var path = Path.Copy();
        Measure(directory, entry.Name, entry.Status, entry.Attributes, (ulong)Policy.ContentLimit, (state, errno) =>
        {
            if (state is null && !IsGone(errno))
                Unreadable(path, errno);
            _builder.Set(index, state ?? new FileState { Status = entry.Status }, marks);
        });
    }
}
