using System.Text;
using HyperSpector.Api.Plans;
using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks;

// Extended attributes: the server VM's, and what the paper's ustat tells beyond lstat (DISK-4).
public sealed partial class ViewTree
{
    // More names than whoever asks could be told, and than one request should cost.
    private const int AttributedLimit = 4096;

    private static ReadOnlySpan<byte> OwnPrefix => "system.hyperspector."u8;

    /// <inheritdoc/>
    public Errno GetExtendedAttribute(ulong node, ReadOnlySpan<byte> name, Span<byte> value, out int length)
    {
        length = 0;
        var errno = TryLocate(node, out var place);
        if (errno != Errno.None)
            return Gone(errno);
        try
        {
            if (name.SequenceEqual("system.hyperspector.attributed"u8))
                return place.Node.IsDirectory ? GetAttributed(node, value, out length) : Errno.ENODATA;
            if (name.StartsWith(OwnPrefix))
                return GetOwn(place, name[OwnPrefix.Length..], value, out length);
            errno = TryReferTo(place, out var reference, out var isOurs);
            if (errno == Errno.None)
                errno = Inode.TryGetAttribute(reference!, name, value, out length);
            // The kernel asks for these before it lets anybody in, and takes any other answer than "none" for a refusal (fuse_get_acl).
            if (errno == Errno.EOPNOTSUPP && name.StartsWith("system.posix_acl_"u8))
                errno = Errno.ENODATA;
            if (errno == Errno.None && value.Length >= length && place.Node.Identity.Mount is { } mount)
                mount.Disk.Ids.Translate(name, value[..length]);
            if (isOurs)
                reference?.Dispose();
            return Gone(errno);
        }
        finally
        {
            place.Release();
        }
    }

    /// <inheritdoc/>
    public Errno ListExtendedAttributes(ulong node, Span<byte> names, out int length)
    {
        length = 0;
        var errno = TryLocate(node, out var place);
        if (errno != Errno.None)
            return Gone(errno);
        if (place.Node.Point?.Mount?.Merged is { } root)
            errno = Inode.TryListAttributes(root, names, out length);
        else if (place.Node.Identity.Mount is not null)
            errno = Inode.TryListAttributes(place.Directory!.Merged, place.Name, names, out length);
        place.Release();
        return Gone(errno);
    }

    // Which names in a directory have extended attributes. Few have, and who wants those of all need not ask for each.
    private Errno GetAttributed(ulong id, Span<byte> value, out int length)
    {
        length = 0;
        var errno = TryEnter(id, out var node, out var directory);
        if (errno != Errno.None)
            return Gone(errno);
        try
        {
            var names = new OpenListing();
            errno = ReadNames(node!, directory!, names);
            if (errno == Errno.None && names.Count > AttributedLimit)
                errno = Errno.E2BIG;
            for (var i = 0; i < names.Count && errno == Errno.None; i++)
            {
                if (!HasAttributes(node!, directory!, names[i]))
                    continue;
                var end = length + names[i].Length + 1;
                if (!value.IsEmpty)
                {
                    if (end > value.Length)
                        return Errno.ERANGE;
                    names[i].CopyTo(value[length..]);
                    value[end - 1] = 0;
                }

                length = end;
            }

            return errno;
        }
        finally
        {
            directory!.Release();
        }
    }

    // Where it cannot be told, whoever wants to know asks for that one.
    private static bool HasAttributes(Node node, LayeredDirectory directory, ReadOnlySpan<byte> name)
    {
        if (node.Point?.Find(name) is not null || node.Identity.Mount is null)
            return true;
        return Inode.TryListAttributes(directory.Merged, name, [], out var length) switch
        {
            Errno.None => length > 0,
            Errno.ENOENT or Errno.EOPNOTSUPP => false,
            _ => true,
        };
    }

    // A reference to the merged inode; to one of ours when there is none. getxattr(2) wakes no watcher.
    private static Errno TryReferTo(in Place place, out FileDescriptor? reference, out bool isOurs)
    {
        isOurs = false;
        reference = place.Node.Point?.Mount?.Merged;
        if (reference is not null)
            return Errno.None;
        if (place.Node.Identity.Mount is null)
            return Errno.EOPNOTSUPP;
        isOurs = true;
        return Inode.TryReference(place.Directory!.Merged, place.Name, out reference);
    }

    private static Errno GetOwn(in Place place, ReadOnlySpan<byte> name, Span<byte> value, out int length)
    {
        length = 0;
        if (name.SequenceEqual("generation"u8))
            return RootOf(place) is { } disk ? Tell(Encoding.UTF8.GetBytes(disk.Generation), value, out length) : Errno.ENODATA;
        if (name.SequenceEqual("mounts"u8))
            return RootOf(place) is { } disk ? Tell(MountsOf(disk), value, out length) : Errno.ENODATA;
        if (name.SequenceEqual("whiteout"u8))
        {
            // Seen only where an upper layer is shown as it is: in a merged tree such a name is not there.
            return place.Node.Identity.Type == InodeStatus.CharacterDevice && place.Examine(out var found) == Errno.None && found.Status.IsWhiteout
                ? Tell("1"u8, value, out length)
                : Errno.ENODATA;
        }

        if (name.SequenceEqual("opaque"u8))
            return TryReadMark(place, LayerMark.Opaque, value, out length);
        if (name.SequenceEqual("redirect"u8))
            return TryReadMark(place, LayerMark.Redirect, value, out length);
        if (name.SequenceEqual("metacopy"u8))
            return TryReadMark(place, LayerMark.Metacopy, value, out length);
        if (KindOf(place) is not { } kind)
            return Errno.ENODATA;
        if (name.SequenceEqual("layer"u8))
        {
            return Tell(kind switch
            {
                LayerKind.Upper => "upper"u8,
                LayerKind.Config => "config"u8,
                LayerKind.Pack => "pack"u8,
                LayerKind.Hide => "hide"u8,
                LayerKind.Base => "base"u8,
                _ => "mount"u8,
            }, value, out length);
        }

        return name.SequenceEqual("lower"u8)
            ? Tell(kind is LayerKind.Upper or LayerKind.Mount ? "0"u8 : "1"u8, value, out length)
            : Errno.ENODATA;
    }

    // The server VM whose root this is.
    private static ServerDisk? RootOf(in Place place) =>
        place.Node.IsMountRoot && place.Node.Identity.Mount is { Path: "/" } root ? root.Disk : null;

    // Of union mounts /.dserverfs tells what has changed; of the others nobody knows.
    private static byte[] MountsOf(ServerDisk disk) =>
        Encoding.UTF8.GetBytes(string.Concat(disk.Mounts.Where(m => !m.IsUnion).Select(m => m.Path + '\0')));

    private static Errno TryReadMark(in Place place, LayerMark mark, Span<byte> value, out int length)
    {
        length = 0;
        if (place.Node.Identity.Mount is not { IsUnion: true } mount)
            return Errno.ENODATA;
        var isRoot = place.Node.Point?.Mount is not null;
        var upper = isRoot ? mount.Upper : null;
        if (!isRoot)
        {
            if (place.Directory?.Upper is not { } above)
                return Errno.ENODATA;
            var errno = Inode.TryReference(above, place.Name, out upper);
            if (errno != Errno.None)
                return errno == Errno.ENOENT ? Errno.ENODATA : errno;
        }

        try
        {
            Span<byte> found = stackalloc byte[Inode.PathLimit];
            var errno = upper is null ? Errno.ENODATA : mount.Disk.Marks.TryRead(upper, mark, found, out length);
            if (errno != Errno.None)
                return errno == Errno.EOPNOTSUPP ? Errno.ENODATA : errno;
            return mark switch
            {
                LayerMark.Opaque when !ILayerMarks.SaysOpaque(found[..length]) => Errno.ENODATA,
                LayerMark.Redirect => Tell(found[..length], value, out length),
                _ => Tell("1"u8, value, out length),
            };
        }
        finally
        {
            if (!isRoot)
                upper?.Dispose();
        }
    }

    private static LayerKind? KindOf(in Place place)
    {
        if (place.Node.Point?.Mount is { } mount)
            return mount.Layers[0].Kind;
        if (place.Directory is null)
            return null;
        foreach (var layer in place.Directory.Layers)
        {
            if (Inode.TryStat(layer.Reference, place.Name, out _) == Errno.None)
                return layer.Kind;
        }

        return null;
    }

    private static Errno Tell(ReadOnlySpan<byte> text, Span<byte> value, out int length)
    {
        length = text.Length;
        if (value.IsEmpty)
            return Errno.None;
        return text.TryCopyTo(value) ? Errno.None : Errno.ERANGE;
    }
}
