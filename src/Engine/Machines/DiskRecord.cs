using System.Text.Json.Serialization;
using HyperSpector.Api.Plans;

namespace HyperSpector.Engine.Machines;

/// <summary>
/// Which layers a VM's union mounts were made of: <c>disk.json</c> in its run directory, for whoever shows them to an IDS VM later. The
/// kernel does not tell: it knows the layers by descriptors that are closed since.
/// </summary>
/// <param name="Parts">The union mounts.</param>
internal sealed record DiskRecord(IReadOnlyList<DiskPart> Parts)
{
    internal const string FileName = "disk.json";
}

/// <summary>One union mount.</summary>
/// <param name="Mount">Where it is in the VM.</param>
/// <param name="Layers">The top one first.</param>
internal sealed record DiskPart(string Mount, IReadOnlyList<DiskPartLayer> Layers);

/// <summary>One layer.</summary>
/// <param name="Directory">Where it lies on the host.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="FirstId">The id that the VM's root has in it on disk: 0 for what belongs to the host, the VM's own for what it wrote.</param>
internal sealed record DiskPartLayer(string Directory, LayerKind Kind, uint FirstId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(DiskRecord))]
internal sealed partial class DiskJson : JsonSerializerContext
{
}
