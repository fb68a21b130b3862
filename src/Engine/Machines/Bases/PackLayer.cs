using System.Text.Json;

namespace HyperSpector.Engine.Machines.Bases;

/// <summary>layer.json of a sealed layer.</summary>
/// <param name="FirstId">The first user id of the VM that wrote it: its root.</param>
/// <param name="Parts">What it holds for each part that the VM had.</param>
internal sealed record PackLayer(uint FirstId, IReadOnlyList<PackLayerPart> Parts)
{
    internal const string FileName = "layer.json";

    internal static PackLayer Read(string directory) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(Path.Join(directory, FileName)), BaseJson.Default.PackLayer)
        ?? throw new IOException($"{directory}: {FileName} is empty");
}

/// <summary>One part: the place it is mounted at, and its directory below the layer's.</summary>
internal sealed record PackLayerPart(string Mount, string Dir);
