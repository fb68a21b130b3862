using System.Text.Json.Serialization;

namespace HyperSpector.Engine.Machines.Oci;

// config.json of an OCI bundle (opencontainers/runtime-spec): the parts that we use, by the specification's names.
internal sealed record OciSpec(
    string OciVersion,
    OciProcess Process,
    OciRoot Root,
    string Hostname,
    IReadOnlyList<OciMount> Mounts,
    OciLinux Linux);

internal sealed record OciRoot(string Path, bool Readonly);

internal sealed record OciProcess
{
    public bool Terminal { get; init; }
    public required OciUser User { get; init; }
    public required IReadOnlyList<string> Args { get; init; }
    public required IReadOnlyList<string> Env { get; init; }
    public required string Cwd { get; init; }
    public required OciCapabilities Capabilities { get; init; }
    public IReadOnlyList<OciLimit> Rlimits { get; init; } = [];
    public bool NoNewPrivileges { get; init; }
}

internal sealed record OciUser(uint Uid, uint Gid, IReadOnlyList<uint> AdditionalGids);

internal sealed record OciCapabilities(
    IReadOnlyList<string> Bounding,
    IReadOnlyList<string> Effective,
    IReadOnlyList<string> Permitted);

internal sealed record OciLimit(string Type, ulong Hard, ulong Soft);

internal sealed record OciMount(string Destination, string Type, string Source, IReadOnlyList<string> Options);

internal sealed record OciLinux
{
    public required IReadOnlyList<OciIdMapping> UidMappings { get; init; }
    public required IReadOnlyList<OciIdMapping> GidMappings { get; init; }
    public required IReadOnlyList<OciNamespace> Namespaces { get; init; }
    public required string CgroupsPath { get; init; }
    public required OciResources Resources { get; init; }
    public IReadOnlyDictionary<string, string> Sysctl { get; init; } = new Dictionary<string, string>();
    public required OciSeccomp Seccomp { get; init; }
    public IReadOnlyList<string> MaskedPaths { get; init; } = [];
    public IReadOnlyList<string> ReadonlyPaths { get; init; } = [];
}

// The specification capitalises these three.
internal sealed record OciIdMapping(
    [property: JsonPropertyName("containerID")] uint ContainerId,
    [property: JsonPropertyName("hostID")] uint HostId,
    uint Size);

internal sealed record OciNamespace(string Type);

internal sealed record OciResources
{
    public IReadOnlyList<OciDevice> Devices { get; init; } = [];
    public OciMemory? Memory { get; init; }
    public OciCpu? Cpu { get; init; }
    public OciPids? Pids { get; init; }

    [JsonPropertyName("blockIO")]
    public OciBlockIo? BlockIo { get; init; }

    // Files of cgroup v2 by name, for what the specification has in units of v1 only.
    public IReadOnlyDictionary<string, string>? Unified { get; init; }
}

internal sealed record OciDevice(bool Allow, string Access)
{
    public string? Type { get; init; }
    public uint? Major { get; init; }
    public uint? Minor { get; init; }
}

internal sealed record OciMemory(long? Limit)
{
    public long? Reservation { get; init; }
}

internal sealed record OciCpu(long? Quota, ulong? Period)
{
    public ulong? Shares { get; init; }
}

internal sealed record OciBlockIo(ushort Weight);

internal sealed record OciPids(long Limit);

internal sealed record OciSeccomp
{
    public required string DefaultAction { get; init; }
    public uint? DefaultErrnoRet { get; init; }
    public required IReadOnlyList<string> Architectures { get; init; }
    public string? ListenerPath { get; init; }
    public string? ListenerMetadata { get; init; }
    public required IReadOnlyList<OciSyscall> Syscalls { get; init; }
}

internal sealed record OciSyscall(IReadOnlyList<string> Names, string Action)
{
    public uint? ErrnoRet { get; init; }
    public IReadOnlyList<OciArgument>? Args { get; init; }
}

internal sealed record OciArgument(uint Index, ulong Value, string Op)
{
    public ulong? ValueTwo { get; init; }
}

/// <summary>What <c>state</c> of a runtime prints, as far as it concerns us.</summary>
internal sealed record OciState(string Status, int Pid);

/// <summary>A line of a runtime's log.</summary>
internal sealed record OciLogLine(string? Level, string? Msg);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(OciSpec))]
[JsonSerializable(typeof(OciState))]
[JsonSerializable(typeof(OciLogLine))]
internal sealed partial class OciJson : JsonSerializerContext;
