using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Integrity.Trees;

/// <summary>An open directory of the watched tree, merged and, if the upper layer has it, there, too. Open until the last holder lets go.</summary>
internal sealed class TreeDirectory
{
    private readonly IOverlayMarks _marks;
    private int _holders = 1;

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
