using HyperSpector.Engine.Disks;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Integrity.Trees;

/// <summary>An open directory of the watched tree, merged and, if the upper layer has it, there, too. Open until the last holder lets go.</summary>
internal sealed class TreeDirectory
{
    // What a value may have at most (XATTR_SIZE_MAX in linux/limits.h).
    private const int LongestValue = 65536;

    private readonly IOverlayMarks _marks;
    private readonly Lock _asking = new();
    private int _holders = 1;
    private bool _hasAsked;
    private HashSet<byte[]>? _attributed;

    private TreeDirectory(FileDescriptor merged, FileDescriptor? upper, IOverlayMarks marks)
    {
        Merged = merged;
        Upper = upper;
        _marks = marks;
    }

    /// <summary>As the server sees it.</summary>
    internal FileDescriptor Merged { get; }

    /// <summary>As the upper layer has it; null if it does not, or where something is mounted.</summary>
    internal FileDescriptor? Upper { get; }

    /// <summary>
    /// Most names in it are looked at: the view is asked once for what it can tell of all of them, which costs it a look at each. Set before the first
    /// of them is measured.
    /// </summary>
    internal bool IsLookedAtWhole { get; set; }

    /// <summary>The root of a tree.</summary>
    internal static TreeDirectory Root(string merged, string? upper, IOverlayMarks marks) =>
        new(Files.OpenDirectory(merged), upper is null ? null : Files.OpenDirectory(upper), marks);

    /// <summary>A directory in it.</summary>
    /// <param name="name">With its zero.</param>
    /// <param name="mounted">Something is mounted there.</param>
    /// <param name="child">To be released by the caller.</param>
    internal Errno TryOpen(ReadOnlySpan<byte> name, bool mounted, out TreeDirectory? child)
    {
        child = null;
        var errno = Entries.TryOpenDirectory(Merged, name, out var merged);
        if (errno != Errno.None)
            return errno;
        FileDescriptor? upper = null;
        if (Upper is not null && !mounted)
        {
            errno = Entries.TryOpenDirectory(Upper, name, out upper);
            // Not there, or a whiteout or file, which another thread of the server has just exchanged.
            if (errno is not (Errno.None or Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP))
            {
                merged!.Dispose();
                return errno;
            }
        }

        child = new TreeDirectory(merged!, upper, _marks);
        return Errno.None;
    }

    /// <summary>How it lies over the lower layers; as one that is not in the upper layer, if it is not.</summary>
    internal Errno TryMarks(out DirectoryMarks marks)
    {
        marks = default;
        return Upper is null ? Errno.None : _marks.TryRead(Upper, out marks);
    }

    /// <summary>Whether a name may have extended attributes. A view tells for all names at once; elsewhere that is not known.</summary>
    /// <param name="name">With its zero.</param>
    /// <param name="buffer">Room for an attribute.</param>
    internal bool MayHaveAttributes(ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        if (!IsLookedAtWhole)
            return true;
        lock (_asking)
        {
            if (!_hasAsked)
                _attributed = Ask(buffer);
            _hasAsked = true;
        }

        return _attributed is null || _attributed.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(name[..^1]);
    }

    private HashSet<byte[]>? Ask(Span<byte> buffer)
    {
        if (Entries.TryGetAttribute(Merged, "system.hyperspector.attributed\0"u8, buffer[..LongestValue], out var count) != Errno.None)
            return null;
        var names = new HashSet<byte[]>(ByteNames.Comparer);
        ReadOnlySpan<byte> told = buffer[..count];
        foreach (var range in told.Split((byte)0))
        {
            if (!told[range].IsEmpty)
                _ = names.Add(told[range].ToArray());
        }

        return names;
    }

    internal TreeDirectory Hold()
    {
        _ = Interlocked.Increment(ref _holders);
        return this;
    }

    internal void Release()
    {
        if (Interlocked.Decrement(ref _holders) != 0)
            return;
        Merged.Dispose();
        Upper?.Dispose();
    }
}
