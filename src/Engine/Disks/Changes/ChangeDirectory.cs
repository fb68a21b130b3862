using HyperSpector.Api.Plans;
using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks.Changes;

/// <summary>One path that is a directory in the server VM, in its base, or in both; open in every layer that has a part of it.</summary>
internal sealed class ChangeDirectory : IDisposable
{
    private readonly bool _isRoot;

    private ChangeDirectory(DiskMount mount, FileDescriptor? merged, LayerDirectory[] layers, LayerDirectory[] lower, bool isAligned, bool isRoot)
    {
        Mount = mount;
        Merged = merged;
        Layers = layers;
        Lower = lower;
        IsAligned = isAligned;
        _isRoot = isRoot;
    }

    /// <summary>Where it lies.</summary>
    internal DiskMount Mount { get; }

    /// <summary>What the server VM sees; null: no directory.</summary>
    internal FileDescriptor? Merged { get; }

    /// <summary>Where the names that the server VM sees come from, the top one first.</summary>
    internal LayerDirectory[] Layers { get; }

    /// <summary>What the base has at this path, the top one first. If it is aligned, the same descriptors as in <see cref="Layers"/>.</summary>
    internal LayerDirectory[] Lower { get; }

    /// <summary>
    /// The server VM sees the base through it: only names that the upper layer has can differ. Not so if it was renamed, or is opaque.
    /// </summary>
    internal bool IsAligned { get; }

    /// <summary>The server VM's own part; null: it has changed nothing in it.</summary>
    internal FileDescriptor? Upper => LayerWalk.UpperOf(Layers);

    /// <summary>Where the server VM can change something.</summary>
    internal FileDescriptor? Changing => Layers.Length > 0 && Layers[0].Kind is LayerKind.Upper or LayerKind.Mount ? Layers[0].Reference : null;

    /// <summary>The topmost directory of a mount; its descriptors stay the mount's.</summary>
    internal static ChangeDirectory Root(DiskMount mount)
    {
        LayerDirectory[] layers = [.. mount.Layers.Select(l => new LayerDirectory(l.Kind, l.Root))];
        var lower = layers.Where(l => mount.IsUnion && l.Kind != LayerKind.Upper).ToArray();
        return new ChangeDirectory(mount, mount.Merged, layers, lower, mount.IsUnion, isRoot: true);
    }

    /// <summary>What the base has of a name, and in which of <see cref="Lower"/>.</summary>
    internal Errno TryBase(ReadOnlySpan<byte> name, out InodeStatus? found, out FileDescriptor? layer)
    {
        found = null;
        layer = null;
        foreach (var part in Lower)
        {
            var errno = Inode.TryStat(part.Reference, name, out var status);
            if (errno == Errno.ENOENT)
                continue;
            // A whiteout of ours, that hides what is below it.
            if (errno != Errno.None || status.IsWhiteout)
                return errno;
            found = status;
            layer = part.Reference;
            return Errno.None;
        }

        return Errno.None;
    }

    /// <summary>Opens a directory in it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="isThere">The server VM has a directory there.</param>
    /// <param name="wasThere">The base has.</param>
    /// <param name="child">What was opened; the caller closes it.</param>
    internal Errno TryOpen(ReadOnlySpan<byte> name, bool isThere, bool wasThere, out ChangeDirectory? child)
    {
        child = null;
        FileDescriptor? merged = null;
        LayerDirectory[] layers = [], lower = [];
        var isAligned = IsAligned && wasThere && isThere;
        var errno = isThere ? Inode.TryDirectory(Merged!, name, out merged) : Errno.None;
        if (errno == Errno.None && isThere)
        {
            errno = LayerWalk.Open(Mount, Layers, name, out layers, out var isMoved);
            isAligned &= !isMoved;
            if (errno == Errno.None && isAligned && LayerWalk.UpperOf(layers) is { } upper)
                errno = IsOpaque(upper, ref isAligned);
        }

        if (errno == Errno.None && isAligned)
            lower = LayerWalk.UpperOf(layers) is null ? layers : layers[1..];
        else if (errno == Errno.None && wasThere)
            errno = LayerWalk.Open(Mount, Lower, name, out lower);
        if (errno == Errno.None)
        {
            child = new ChangeDirectory(Mount, merged, layers, lower, isAligned, isRoot: false);
            return errno;
        }

        merged?.Dispose();
        LayerWalk.Close(layers);
        return errno;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isRoot)
            return;
        Merged?.Dispose();
        LayerWalk.Close(Layers);
        if (!IsAligned)
            LayerWalk.Close(Lower);
    }

    private Errno IsOpaque(FileDescriptor upper, ref bool isAligned)
    {
        Span<byte> mark = stackalloc byte[8];
        var errno = Mount.Disk.Marks.TryRead(upper, LayerMark.Opaque, mark, out var length);
        if (errno == Errno.None && ILayerMarks.SaysOpaque(mark[..length]))
            isAligned = false;
        return errno is Errno.ENODATA or Errno.EOPNOTSUPP or Errno.ERANGE ? Errno.None : errno;
    }
}
