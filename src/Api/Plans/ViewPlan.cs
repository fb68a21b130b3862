using System.Text.Json.Serialization;

namespace HyperSpector.Api.Plans;

/// <summary>
/// What the daemon tells who serves an IDS VM's <c>/.serverfs</c> and <c>/.dserverfs</c>: which mounts of which server VMs there are. The
/// descriptors come along, in this order: for each server, for each mount, the mount itself and then its layers.
/// </summary>
public sealed record ViewPlan
{
    /// <summary>The server VMs that are shown.</summary>
    public IReadOnlyList<DiskPlan> Disks { get; set; } = [];
}

/// <summary>One server VM's.</summary>
public sealed record DiskPlan
{
    /// <summary>The server's name.</summary>
    public required string Name { get; init; }

    /// <summary>The directory of the view that is its root; null: the view's own. It is so for all disks of a plan, or for none.</summary>
    public string? Directory { get; set; }

    /// <summary>Generation of its lower layers: it is another one whenever any of them has changed.</summary>
    public required string Generation { get; init; }

    /// <summary>First of the ids that its files have on disk.</summary>
    public required uint FirstId { get; init; }

    /// <summary>First of the ids that they are shown with: the IDS VM's.</summary>
    public required uint ShownFirstId { get; init; }

    /// <summary>Its mounts; at most <see cref="MountLimit"/>.</summary>
    public IReadOnlyList<DiskMountPlan> Mounts { get; set; } = [];

    /// <summary>How many descriptors come along with it.</summary>
    [JsonIgnore]
    public int Descriptors => Mounts.Sum(m => 1 + m.Layers.Count);

    /// <summary>Mounts of one server VM.</summary>
    public const int MountLimit = 256;
}

/// <summary>One mount of a server VM.</summary>
/// <param name="Path">Where it is, absolute.</param>
/// <param name="Layers">Of a union mount, the top one first; none for another one.</param>
public sealed record DiskMountPlan(string Path, IReadOnlyList<LayerKind> Layers);

/// <summary>Where in the stack of a union mount something lies; the value of <c>system.hyperspector.layer</c>, in lower case.</summary>
public enum LayerKind
{
    /// <summary>What the server VM has written.</summary>
    Upper,

    /// <summary>What we have generated for the VM: its hostname, hosts file and the like.</summary>
    Config,

    /// <summary>Software of a pack.</summary>
    Pack,

    /// <summary>Whiteouts of ours that hide secrets of the base.</summary>
    Hide,

    /// <summary>The base.</summary>
    Base,

    /// <summary>No union mount: a volume or a file system in memory.</summary>
    Mount,
}
