using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Integrity.Checks;

/// <summary>Which attributes of a file differ: the one place that decides it, for every kind of check.</summary>
internal static class Comparison
{
    private const uint S_IFMT = 0xf000;

    internal static Attributes Differences(Attributes selected, FileState before, FileState now)
    {
        var (b, n) = (before.Status, now.Status);
        var differs = Attributes.None;
        Check(Attributes.Mode, (b.Mode & ~S_IFMT) != (n.Mode & ~S_IFMT));
        Check(Attributes.Type, (b.Mode & S_IFMT) != (n.Mode & S_IFMT));
        Check(Attributes.Inode, b.Inode != n.Inode);
        Check(Attributes.User, b.User != n.User);
        Check(Attributes.Group, b.Group != n.Group);
        Check(Attributes.Modified, b.Modified != n.Modified);
        Check(Attributes.Changed, b.Changed != n.Changed);
        // Of directories these two depend on how many layers have it, and on the layer's file system.
        Check(Attributes.Links, b.Links != n.Links && !(b.IsDirectory && n.IsDirectory));
        Check(Attributes.Size, b.Size != n.Size && !(b.IsDirectory && n.IsDirectory));
        Check(Attributes.Content, b.IsRegular != n.IsRegular || !Same(before.Content, now.Content));
        Check(Attributes.Growing, b.IsRegular != n.IsRegular || (b.IsRegular && (n.Size < b.Size || !Same(before.Content, now.Content))));
        Check(Attributes.Target, !Same(before.Target, now.Target));
        Check(Attributes.Device, b.Node != n.Node);
        Check(Attributes.Acl, !Same(before.Acl, now.Acl));
        Check(Attributes.Capability, !Same(before.Capability, now.Capability));
        Check(Attributes.Extended, !Same(before.Extended, now.Extended));
        return differs;

        void Check(Attributes attribute, bool isDifferent)
        {
            if (isDifferent)
                differs |= selected & attribute;
        }
    }

    /// <summary>Whether an inode is still the one that it was, and nothing of it was changed.</summary>
    internal static bool IsUntouched(EntryStatus before, EntryStatus now) =>
        before.Changed == now.Changed && before.Modified == now.Modified && before.Size == now.Size && before.Links == now.Links
        && before.Mode == now.Mode && before.User == now.User && before.Group == now.Group && before.Node == now.Node && before.Inode == now.Inode;

    private static bool Same(byte[]? a, byte[]? b) => a is null ? b is null : b is not null && a.AsSpan().SequenceEqual(b);
}
