using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Packs;

/// <summary>A throw-away VM with the base's network that runs one command and leaves a layer. Tests put a stand-in here.</summary>
public interface IBuildMachine
{
    /// <summary>Runs the command to its end and seals what it wrote as <paramref name="destination"/>, atomically.</summary>
    /// <param name="name">Name of the VM.</param>
    /// <param name="lower">Its base.</param>
    /// <param name="layers">Layers on top of the base, top first.</param>
    /// <param name="command">What runs as its first process.</param>
    /// <param name="destination">Where the layer goes.</param>
    /// <param name="cancellation">Ends the VM early.</param>
    /// <exception cref="IOException">The command failed: its last words.</exception>
    void Build(
        string name,
        BaseSpec lower,
        IReadOnlyList<string> layers,
        IReadOnlyList<string> command,
        string destination,
        CancellationToken cancellation);
}
