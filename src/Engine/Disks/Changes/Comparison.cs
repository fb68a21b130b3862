using HyperSpector.Api.Plans;
using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks.Changes;

/// <summary>
/// Compares what a server VM has at a path with what its base has. Attributes are asked of the merged mount by reference, data are read from
/// the layers: the server VM's watchers wake for neither.
/// </summary>
internal sealed class Comparison
{
    // XATTR_LIST_MAX and XATTR_SIZE_MAX (<linux/limits.h>).
    private const int AttributeLimit = 65536;
    private const int BlockSize = 128 * 1024;

    private readonly byte[] _first = new byte[BlockSize];
    private readonly byte[] _second = new byte[BlockSize];

    /// <summary>What differs of a name in a directory. Preconditions: both have it, with the same type.</summary>
    internal ChangedParts Of(ChangeDirectory directory, ReadOnlySpan<byte> name, FileDescriptor layer, in InodeStatus now, in InodeStatus was)
    {
        var parts = OfStatus(now, was);
        if (Inode.TryReference(directory.Merged!, name, out var reference) != Errno.None)
            return parts | ChangedParts.Unread;
        using (reference)
        {
            if (Inode.TryReference(layer, name, out var basis) != Errno.None)
                return parts | ChangedParts.Unread;
            using (basis)
            {
                parts |= OfAttributes(reference!, basis!);
                if (now.Type == InodeStatus.Link)
                    parts |= OfLink(directory.Merged!, layer, name);
                else if (now.IsRegular && now.Size == was.Size)
                    parts |= OfContent(directory, name, basis!);
            }
        }

        return parts;
    }

    /// <summary>What differs of two inodes beside their content. Of a directory's times and size nothing is said: its names tell.</summary>
    internal static ChangedParts OfStatus(in InodeStatus now, in InodeStatus was)
    {
        var parts = now.Mode == was.Mode ? ChangedParts.None : ChangedParts.Mode;
        if (now.User != was.User)
            parts |= ChangedParts.Owner;
        if (now.Group != was.Group)
            parts |= ChangedParts.Group;
        if (!now.IsDirectory && now.Modified != was.Modified)
            parts |= ChangedParts.Modified;
        if (now.IsRegular && now.Size != was.Size)
            parts |= ChangedParts.Content;
        return (now.NodeMajor, now.NodeMinor) == (was.NodeMajor, was.NodeMinor) ? parts : parts | ChangedParts.Device;
    }

    /// <summary>Lists of rights, capabilities and whatever else hangs on an inode (xattr(7)).</summary>
    internal ChangedParts OfAttributes(FileDescriptor now, FileDescriptor was)
    {
        var here = Names(now);
        var there = Names(was);
        if (here is null || there is null)
            return ChangedParts.Unread;
        if (!here.SetEquals(there))
            return ChangedParts.Attributes;
        foreach (var name in here)
        {
            var errno = Inode.TryGetAttribute(now, name, _first.AsSpan(0, AttributeLimit), out var length);
            var other = Inode.TryGetAttribute(was, name, _second.AsSpan(0, AttributeLimit), out var otherLength);
            if (errno != other)
                return ChangedParts.Attributes;
            if (errno == Errno.None && !_first.AsSpan(0, length).SequenceEqual(_second.AsSpan(0, otherLength)))
                return ChangedParts.Attributes;
        }

        return ChangedParts.None;
    }

    private HashSet<byte[]>? Names(FileDescriptor file)
    {
        var names = new HashSet<byte[]>(ByteNames.Comparer);
        var errno = Inode.TryListAttributes(file, _first.AsSpan(0, AttributeLimit), out var length);
        if (errno is Errno.EOPNOTSUPP or Errno.ENODATA)
            return names;
        if (errno != Errno.None)
            return null;
        ReadOnlySpan<byte> list = _first.AsSpan(0, length);
        foreach (var part in list.Split((byte)0))
        {
            // Where we have CAP_SYS_ADMIN they are listed, and overlayfs's own are nobody's business.
            if (!list[part].IsEmpty && !list[part].StartsWith("trusted."u8))
                _ = names.Add(list[part].ToArray());
        }

        return names;
    }

    private ChangedParts OfLink(FileDescriptor merged, FileDescriptor layer, ReadOnlySpan<byte> name)
    {
        if (Inode.TryReadLink(merged, name, _first.AsSpan(0, Inode.PathLimit), out var length) != Errno.None
            || Inode.TryReadLink(layer, name, _second.AsSpan(0, Inode.PathLimit), out var otherLength) != Errno.None)
        {
            return ChangedParts.Unread;
        }

        return _first.AsSpan(0, length).SequenceEqual(_second.AsSpan(0, otherLength)) ? ChangedParts.None : ChangedParts.Target;
    }

    private ChangedParts OfContent(ChangeDirectory directory, ReadOnlySpan<byte> name, FileDescriptor basis)
    {
        foreach (var layer in directory.Layers)
        {
            var errno = Inode.TryReference(layer.Reference, name, out var reference);
            if (errno == Errno.ENOENT)
                continue;
            if (errno != Errno.None)
                return ChangedParts.Unread;
            using (reference)
            {
                errno = Inode.TryStat(reference!, [], out var status);
                // Replaced this moment: by a whiteout, or by something that must not be opened.
                if (errno != Errno.None || !status.IsRegular)
                    return ChangedParts.Unread;
                return layer.Kind == LayerKind.Upper && HasMark(directory, reference!, LayerMark.Metacopy)
                    // Its data are still a lower file's: that one's, unless it or a directory above it was renamed.
                    ? directory.IsAligned && !HasMark(directory, reference!, LayerMark.Redirect) ? ChangedParts.None : ChangedParts.Content
                    : OfData(reference!, basis);
            }
        }

        return ChangedParts.Unread;
    }

    private static bool HasMark(ChangeDirectory directory, FileDescriptor file, LayerMark mark) =>
        directory.Mount.Disk.Marks.TryRead(file, mark, stackalloc byte[Inode.PathLimit], out _) is Errno.None or Errno.ERANGE;

    // As long as the base's file is: one of the server VM's that grows meanwhile has changed, and is not followed.
    private ChangedParts OfData(FileDescriptor now, FileDescriptor was)
    {
        var errno = Inode.TryOpen(now, out var file);
        if (errno != Errno.None)
            return ChangedParts.Unread;
        using (file)
        {
            errno = Inode.TryOpen(was, out var basis);
            if (errno != Errno.None)
                return ChangedParts.Unread;
            using (basis)
            {
                for (ulong at = 0; ; at += BlockSize)
                {
                    if (Inode.TryRead(file!, _first, at, out var count) != Errno.None
                        || Inode.TryRead(basis!, _second, at, out var expected) != Errno.None)
                    {
                        return ChangedParts.Unread;
                    }

                    if (!_first.AsSpan(0, count).SequenceEqual(_second.AsSpan(0, expected)))
                        return ChangedParts.Content;
                    if (expected < BlockSize)
                        return ChangedParts.None;
                }
            }
        }
    }
}
