namespace HyperSpector.Api.Plans;

/// <summary>What the daemon tells who lists a server VM's changes; the disk's descriptors come along as for <see cref="ViewPlan"/>.</summary>
public sealed record ChangePlan
{
    /// <summary>The server VM's disk.</summary>
    public required DiskPlan Disk { get; init; }

    /// <summary>Go on until told to end.</summary>
    public bool Follow { get; init; }

    /// <summary>What is in volumes and file systems in memory is told, too.</summary>
    public bool Mounts { get; init; }

    /// <summary>Only these paths and what is below them; none: everything.</summary>
    public IReadOnlyList<string> Paths { get; set; } = [];
}
