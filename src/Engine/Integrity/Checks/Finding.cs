using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux;

namespace HyperSpector.Engine.Integrity.Checks;

/// <summary>What became of a file.</summary>
internal enum FindingKind
{
    /// <summary>It was not there.</summary>
    Added,

    /// <summary>It is not there any more.</summary>
    Removed,

    /// <summary>Something of it is not what it was.</summary>
    Changed,

    /// <summary>It cannot be told: it could not be read.</summary>
    Unreadable,
}

/// <summary>A difference between the baseline and what is there.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="Path">Of the server, as bytes.</param>
/// <param name="Differing">What of it differs, if it was changed.</param>
/// <param name="Before">As recorded; null if it was not there.</param>
/// <param name="After">As it is; null if it is not there.</param>
/// <param name="Error">Why it could not be read.</param>
internal sealed record Finding(FindingKind Kind, byte[] Path, Attributes Differing, FileState? Before, FileState? After, Errno Error);
