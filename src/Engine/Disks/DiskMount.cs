using HyperSpector.Api.Plans;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks;

/// <summary>A layer of a union mount: a private, read-only clone, so that nothing that is done through it shows in the server VM.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Root">Its topmost directory.</param>
public sealed record DiskLayer(LayerKind Kind, FileDescriptor Root);

/// <summary>One mount of a server VM.</summary>
public sealed class DiskMount : IDisposable
{
    /// <summary>Takes ownership of the descriptors.</summary>
    /// <param name="path">Where it is in the server VM, absolute.</param>
    /// <param name="merged">The mount as the server VM sees it. Only looked at (O_PATH), never read: that would wake its watchers.</param>
    /// <param name="layers">Its layers, the top one first; none for what is no union mount.</param>
    public DiskMount(string path, FileDescriptor merged, IReadOnlyList<DiskLayer> layers)
    {
        Path = path;
        Merged = merged;
        IsUnion = layers.Count > 0;
        Layers = IsUnion ? layers : [new DiskLayer(LayerKind.Mount, merged)];
    }

    /// <summary>Where it is in the server VM.</summary>
    public string Path { get; }

    /// <summary>The mount as the server VM sees it.</summary>
    internal FileDescriptor Merged { get; }

    /// <summary>Where names and data are read, the top one first.</summary>
    internal IReadOnlyList<DiskLayer> Layers { get; }

    /// <summary>Topmost directory of what the server VM has written; null for what is no union mount.</summary>
    internal FileDescriptor? Upper => Layers[0].Kind == LayerKind.Upper ? Layers[0].Root : null;

    /// <summary>What is below the top layer is changed by nobody in the server VM.</summary>
    internal bool IsUnion { get; }

    /// <summary>The server VM's disk that it belongs to; set by that.</summary>
    internal ServerDisk Disk { get; set; } = null!;

    /// <summary>Number among all mounts of a view: makes inode numbers of several mounts unique in the one file system that shows them.</summary>
    internal int Index { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Merged.Dispose();
        foreach (var layer in Layers)
            layer.Root.Dispose();
    }
}
