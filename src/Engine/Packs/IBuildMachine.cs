using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines;

namespace HyperSpector.Engine.Packs;

/// <summary>What a throw-away VM has to do.</summary>
public sealed record BuildOrder
{
    /// <summary>Name of the VM.</summary>
    public required string Name { get; init; }

    /// <summary>Its base.</summary>
    public required BaseSpec Base { get; init; }

    /// <summary>Layers on top of the base, top first.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>What runs as its first process.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>What of the host it sees beside.</summary>
    public IReadOnlyList<BindMount> Mounts { get; init; } = [];

    /// <summary>Further files.</summary>
    public IReadOnlyList<GeneratedFile> Files { get; init; } = [];

    /// <summary>It may use the base's network, as a server VM does.</summary>
    public bool HasNetwork { get; init; }

    /// <summary>Name of a directory in its root that becomes the layer; null: all that it wrote does.</summary>
    public string? Tree { get; init; }

    /// <summary>Where the layer goes.</summary>
    public required string Destination { get; init; }

    /// <summary>Who failed when it fails: <c>the package manager</c>.</summary>
    public required string Worker { get; init; }
}

/// <summary>A throw-away VM that runs one command and leaves a layer. Tests put a stand-in here.</summary>
public interface IBuildMachine
{
    /// <summary>Runs the command to its end and seals what it wrote as the destination, atomically.</summary>
    /// <param name="order">What to do.</param>
    /// <param name="cancellation">Ends the VM early.</param>
    /// <exception cref="IOException">The command failed: its last words.</exception>
    void Build(BuildOrder order, CancellationToken cancellation);
}
