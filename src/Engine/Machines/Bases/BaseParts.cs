namespace HyperSpector.Engine.Machines.Bases;

/// <summary>
/// One place of a VM's tree that is a union mount of its own: <c>/</c>, and every live subtree and host mount below it.
/// </summary>
/// <param name="Mount">Where it is, in the VM.</param>
/// <param name="Lowers">Host directories that are its lower layers, the top one first.</param>
/// <param name="IsFile">The host has a single file mounted there: shown read-only, without an upper.</param>
internal sealed record BasePart(string Mount, IReadOnlyList<string> Lowers, bool IsFile = false)
{
    /// <summary>The id that root of the lowers has on disk: not 0 for what a build VM has written.</summary>
    internal uint FirstId { get; init; }
}

/// <summary>A base, ready to be mounted: its parts, outer ones first, and its generation.</summary>
internal sealed record PreparedBase(string Generation, IReadOnlyList<BasePart> Parts);
