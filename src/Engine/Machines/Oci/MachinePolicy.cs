using System.Text.Json;
using System.Text.Json.Serialization;

namespace HyperSpector.Engine.Machines.Oci;

/// <summary>policy/machine-seccomp.json: the system calls of a VM.</summary>
internal sealed record SeccompPolicy
{
    public required string About { get; init; }
    public required IReadOnlyList<CallGroup> Allow { get; init; }
    public required IReadOnlyList<CallValues> Conditional { get; init; }
    public required CallMask CloneCall { get; init; }
    public required IReadOnlyList<CallRefusal> Refuse { get; init; }
    public required SocketPolicy Sockets { get; init; }
    public required IReadOnlyList<string> Architectures { get; init; }
    public required string ArchitecturesReason { get; init; }

    internal static SeccompPolicy Read(string directory) => JsonSerializer.Deserialize(
        File.ReadAllBytes(Path.Join(directory, "machine-seccomp.json")), PolicyJson.Default.SeccompPolicy)!;
}

internal sealed record CallGroup(string Reason, IReadOnlyList<string> Names);

internal sealed record CallValues(string Name, uint Argument, IReadOnlyList<ulong> Values, string Reason);

internal sealed record CallMask(string Name, uint Argument, ulong Mask, ulong EqualTo, string Reason);

internal sealed record CallRefusal(string Name, uint Errno, string Reason);

internal sealed record SocketPolicy(IReadOnlyList<SocketFamily> Families, OtherFamilies Others);

internal sealed record SocketFamily(uint Number, string Name, string Reason);

internal sealed record OtherFamilies(uint Errno, string Reason);

internal sealed record CapabilityRow(string Name, string Reason);

/// <summary>policy/capabilities.json: the capabilities of a VM's root.</summary>
internal sealed record CapabilityPolicy(string About, IReadOnlyList<CapabilityRow> Always, IReadOnlyList<CapabilityRow> NetAdmin)
{
    internal static CapabilityPolicy Read(string directory) => JsonSerializer.Deserialize(
        File.ReadAllBytes(Path.Join(directory, "capabilities.json")), PolicyJson.Default.CapabilityPolicy)!;

    internal IReadOnlyList<string> For(bool netAdmin) =>
        [.. Always.Select(c => c.Name), .. netAdmin ? NetAdmin.Select(c => c.Name) : []];
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(SeccompPolicy))]
[JsonSerializable(typeof(CapabilityPolicy))]
internal sealed partial class PolicyJson : JsonSerializerContext;
