namespace HyperSpector.Engine.Disks;

/// <summary>What a view shows of one server VM: all its mounts.</summary>
public sealed class ServerDisk : IDisposable
{
    /// <summary>Takes ownership of the mounts.</summary>
    /// <param name="name">The server's.</param>
    /// <param name="generation">Of what lies below its union mounts.</param>
    /// <param name="ids">From what is on disk to what the IDS VM is shown.</param>
    /// <param name="mounts">Among them that of <c>/</c>.</param>
    /// <param name="marks">Reads what overlayfs has noted.</param>
    public ServerDisk(string name, string generation, IdTranslation ids, IReadOnlyList<DiskMount> mounts, ILayerMarks marks)
    {
        Name = name;
        Generation = generation;
        Ids = ids;
        Mounts = mounts;
        Marks = marks;
        foreach (var mount in mounts)
            mount.Disk = this;
    }

    /// <summary>The server's name.</summary>
    public string Name { get; }

    /// <summary>The directory of the view that is its root; null: the view's own, and there is no other server.</summary>
    public string? Directory { get; init; }

    /// <summary>Generation of what lies below its union mounts.</summary>
    public string Generation { get; }

    /// <summary>All mounts.</summary>
    public IReadOnlyList<DiskMount> Mounts { get; }

    internal IdTranslation Ids { get; }

    internal ILayerMarks Marks { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var mount in Mounts)
            mount.Dispose();
    }
}
