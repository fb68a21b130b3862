using HyperSpector.Api.Messages;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks.Changes;

/// <summary>What was told of a path, as far as it tells one state from another.</summary>
internal readonly record struct Told(
    ChangeKind Kind, ChangedParts Parts, uint Mode, uint User, uint Group, ulong Size, InodeTime Changed)
{
    /// <summary>Of a directory no times: names come and go in it, and are told themselves.</summary>
    internal static Told Of(in Verdict verdict)
    {
        var now = verdict.Now;
        var isPlain = now.IsDirectory || verdict.Kind == ChangeKind.Mount;
        return new Told(verdict.Kind, verdict.Parts, now.Mode, now.User, now.Group, isPlain ? 0 : now.Size, isPlain ? default : now.Changed);
    }
}

/// <summary>A path that was told, or a directory that is watched, or one that leads to such.</summary>
internal sealed class FollowedNode(FollowedNode? parent, byte[] name)
{
    private Dictionary<byte[], FollowedNode>? _children;

    internal FollowedNode? Parent => parent;

    /// <summary>Empty for the root.</summary>
    internal byte[] Name => name;

    /// <summary>What was told last; null: nothing, or that it does not differ.</summary>
    internal Told? Told { get; set; }

    /// <summary>The walk that told it last.</summary>
    internal long ToldIn { get; set; }

    /// <summary>Numbers of its watches.</summary>
    internal int[] Watches { get; set; } = [];

    /// <summary>The walk that went through it last.</summary>
    internal long EnteredIn { get; set; }

    /// <summary>The mount of which it is the root; null: of none.</summary>
    internal DiskMount? Mount { get; set; }

    internal IEnumerable<FollowedNode> Children => _children?.Values ?? Enumerable.Empty<FollowedNode>();

    /// <summary>Nothing depends on it.</summary>
    internal bool IsIdle => Told is null && Watches.Length == 0 && Mount is null && _children is not { Count: > 0 };

    internal FollowedNode? Find(ReadOnlySpan<byte> child) =>
        _children is not null && _children.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(child, out var found) ? found : null;

    internal FollowedNode Add(ReadOnlySpan<byte> child)
    {
        _children ??= new Dictionary<byte[], FollowedNode>(ByteNames.Comparer);
        var added = new FollowedNode(this, child.ToArray());
        _children.Add(added.Name, added);
        return added;
    }

    internal void Remove(FollowedNode child) => _children?.Remove(child.Name);

    /// <summary>Itself and everything below, whatever lies above first. For trees that may be as deep as the server VM likes.</summary>
    internal List<FollowedNode> Whole()
    {
        var all = new List<FollowedNode> { this };
        for (var i = 0; i < all.Count; i++)
            all.AddRange(all[i].Children);
        return all;
    }
}
