using HyperSpector.Linux;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Integrity.Trees;

/// <summary>How a directory of the upper layer lies over the lower ones.</summary>
/// <param name="Opaque">What the lower layers have in it is hidden.</param>
/// <param name="Redirect">Where they have it instead, as overlayfs stores it: a name beside it, or a path; null if at the same place.</param>
internal readonly record struct DirectoryMarks(bool Opaque, byte[]? Redirect);

/// <summary>What is known of an overlay beside its two trees: by the views of a server VM, or by an overlay of this machine.</summary>
internal interface IOverlayMarks
{
    /// <summary>Names the lower layers' state: another one, and any lower file may be another. Empty if that is not told.</summary>
    string Generation { get; }

    /// <summary>Paths of what is mounted in the merged tree: there, there are no layers.</summary>
    IReadOnlyList<byte[]> Mounts { get; }

    /// <summary>The marks of an open directory of the upper layer.</summary>
    Errno TryRead(FileDescriptor upper, out DirectoryMarks marks);
}
