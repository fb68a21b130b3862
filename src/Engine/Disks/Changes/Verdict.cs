using HyperSpector.Api.Messages;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks.Changes;

/// <summary>What of a file has changed.</summary>
[Flags]
internal enum ChangedParts
{
    None = 0,
    Content = 1,
    Mode = 2,
    Owner = 4,
    Group = 8,
    Modified = 16,
    Attributes = 32,
    Target = 64,
    Device = 128,
    Unread = 256,
}

/// <summary>How a path of a server VM differs from its base.</summary>
/// <param name="Kind">In one word.</param>
/// <param name="Now">What is there; default: nothing.</param>
/// <param name="Was">Type of what the base has; 0: nothing.</param>
/// <param name="Parts">Of what has changed.</param>
internal readonly record struct Verdict(ChangeKind Kind, InodeStatus Now, uint Was, ChangedParts Parts = ChangedParts.None)
{
    /// <summary>It does not differ.</summary>
    internal static Verdict Same { get; } = new(ChangeKind.Same, default, 0);

    /// <summary>A directory that could not be gone through: nothing in it is known.</summary>
    internal static Verdict Unread(InodeStatus now) => new(ChangeKind.Changed, now, now.Type, ChangedParts.Unread);

    /// <summary>From what is there and what the base has; <paramref name="parts"/> is asked where both have the same type.</summary>
    internal static Verdict Of(InodeStatus? now, InodeStatus? was, Func<ChangedParts> parts)
    {
        if (now is null && was is null)
            return Same;
        if (was is null)
            return new Verdict(ChangeKind.Added, now!.Value, 0);
        if (now is null)
            return new Verdict(ChangeKind.Removed, default, was.Value.Type);
        if (now.Value.Type != was.Value.Type)
            return new Verdict(ChangeKind.Replaced, now.Value, was.Value.Type);
        var changed = parts();
        return changed == ChangedParts.None ? Same : new Verdict(ChangeKind.Changed, now.Value, was.Value.Type, changed);
    }
}
