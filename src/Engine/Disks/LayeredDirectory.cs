using HyperSpector.Api.Plans;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks;

/// <summary>A directory of one layer.</summary>
/// <param name="Kind">Of which layer.</param>
/// <param name="Reference">The directory itself.</param>
internal readonly record struct LayerDirectory(LayerKind Kind, FileDescriptor Reference);

/// <summary>
/// A directory of a server VM that is open: merged, for what is there, and in every layer that has it, for names and data.
/// </summary>
internal sealed class LayeredDirectory(FileDescriptor merged, LayerDirectory[] layers) : Opened
{
    /// <summary>What the server VM sees.</summary>
    internal FileDescriptor Merged => merged;

    /// <summary>Where it lies, the top one first; none for a directory that only leads to a mount.</summary>
    internal ReadOnlySpan<LayerDirectory> Layers => layers;

    /// <summary>The server VM's own changes, if there are any in it.</summary>
    internal FileDescriptor? Upper => LayerWalk.UpperOf(layers);

    /// <summary>Nothing in it can be written in place: it has no part that the server VM writes to.</summary>
    internal bool IsFixed => !Array.Exists(layers, layer => layer.Kind is LayerKind.Upper or LayerKind.Mount);

    /// <summary>Every layer is watched: a change is told, and what was said before may be kept until then.</summary>
    internal bool IsWatched { get; init; }

    /// <summary>Roots of mounts belong to the mounts and are not closed here.</summary>
    internal bool IsRoot { get; init; }

    internal override int Descriptors => IsRoot ? 0 : 1 + layers.Length;

    protected override void Close()
    {
        if (IsRoot)
            return;
        merged.Dispose();
        foreach (var layer in layers)
            layer.Reference.Dispose();
    }
}
