using System.Text.Json;
using System.Text.Json.Serialization;
using HyperSpector.Api.Site;

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
internal sealed record CapabilityPolicy(
    string About,
    IReadOnlyList<CapabilityRow> Always,
    IReadOnlyList<CapabilityRow> NetAdmin,
    IReadOnlyList<CapabilityRow> Addable,
    IReadOnlyList<CapabilityRow> Refused)
{
    /// <summary>In <c>cap_drop</c>: all that a VM usually has.</summary>
    internal const string All = "ALL";

    /// <summary>The one that an environment gets by a key of its own.</summary>
    internal const string NetworkAdministration = "CAP_NET_ADMIN";

    internal static CapabilityPolicy Read(string directory) => JsonSerializer.Deserialize(
        File.ReadAllBytes(Path.Join(directory, "capabilities.json")), PolicyJson.Default.CapabilityPolicy)!;

    internal IReadOnlyList<string> For(bool netAdmin) =>
        [.. Always.Select(c => c.Name), .. netAdmin ? NetAdmin.Select(c => c.Name) : []];

    /// <summary>What a VM holds; also the last line against a site that did not pass the loader.</summary>
    internal IReadOnlyList<string> For(MachinePlan plan)
    {
        if (plan.CapAdd.FirstOrDefault(c => !MayAdd(c)) is { } wrong)
            throw new IOException($"{plan.Name}: cap_add: {wrong} is not given to a VM (policy/capabilities.json)");
        var usual = plan.CapDrop.Contains(All) ? [] : For(plan.NetAdmin).Except(plan.CapDrop);
        return [.. usual.Union(plan.CapAdd)];
    }

    /// <summary>Usual, or one that may be added.</summary>
    internal bool MayAdd(string name) => Always.Concat(Addable).Any(c => c.Name == name);

    /// <summary>Every capability that Linux has.</summary>
    internal IEnumerable<string> Known => Always.Concat(NetAdmin).Concat(Addable).Concat(Refused).Select(c => c.Name).Distinct();
}

/// <summary>policy/devices.json: the device nodes that a VM may be given.</summary>
internal sealed record DevicePolicy(string About, IReadOnlyList<DeviceRow> Allowed, IReadOnlyList<RefusedDevice> Refused)
{
    internal static DevicePolicy Read(string directory) => JsonSerializer.Deserialize(
        File.ReadAllBytes(Path.Join(directory, "devices.json")), PolicyJson.Default.DevicePolicy)!;

    /// <summary>The rows of a VM's devices.</summary>
    internal IReadOnlyList<DeviceRow> For(MachinePlan plan) =>
    [
        .. plan.Devices.Select(path => Allowed.FirstOrDefault(d => d.Path == path)
            ?? throw new IOException($"{plan.Name}: devices: {path} is not given to a VM (policy/devices.json)")),
    ];
}

internal sealed record DeviceRow(string Path, uint Major, uint Minor, string? Needs, string Reason);

internal sealed record RefusedDevice(string Path, string Reason);

/// <summary>policy/ulimits.json: the limits of a VM's processes that may be set.</summary>
internal sealed record UlimitPolicy(string About, IReadOnlyList<UlimitRow> Allowed, IReadOnlyList<RefusedUlimit> Refused)
{
    internal static UlimitPolicy Read(string directory) => JsonSerializer.Deserialize(
        File.ReadAllBytes(Path.Join(directory, "ulimits.json")), PolicyJson.Default.UlimitPolicy)!;

    /// <summary>A limit's row.</summary>
    internal UlimitRow For(MachinePlan plan, UlimitSpec limit) => Allowed.FirstOrDefault(u => u.Name == limit.Name)
        ?? throw new IOException($"{plan.Name}: ulimits: {limit.Name} is not set for a VM (policy/ulimits.json)");
}

internal sealed record UlimitRow(string Name, string Resource, string ShownAs, bool Bytes, ulong? Most, string Reason);

internal sealed record RefusedUlimit(string Name, string Reason);

/// <summary>All that decides what one VM may do.</summary>
internal sealed record MachinePolicies(SeccompPolicy Seccomp, CapabilityPolicy Capabilities, DevicePolicy Devices, UlimitPolicy Ulimits)
{
    private static readonly Lazy<MachinePolicies> s_installed = new(() => Read(Path.Join(AppContext.BaseDirectory, "policy")));

    /// <summary>Those beside the running program.</summary>
    internal static MachinePolicies Installed => s_installed.Value;

    internal static MachinePolicies Read(string directory) => new(
        SeccompPolicy.Read(directory), CapabilityPolicy.Read(directory), DevicePolicy.Read(directory), UlimitPolicy.Read(directory));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(SeccompPolicy))]
[JsonSerializable(typeof(CapabilityPolicy))]
[JsonSerializable(typeof(DevicePolicy))]
[JsonSerializable(typeof(UlimitPolicy))]
internal sealed partial class PolicyJson : JsonSerializerContext;
