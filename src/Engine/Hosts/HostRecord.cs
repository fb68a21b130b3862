using System.Text.Json.Serialization;
using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Hosts;

/// <summary>How far a VM has come.</summary>
public enum MachinePhase
{
    /// <summary>Being made: whatever exists of it after a crash is removed and made anew.</summary>
    Making,

    /// <summary>Made and started once: a daemon that comes back adopts it.</summary>
    Ready,

    /// <summary>Its first process ended and the restart policy lets it rest.</summary>
    Stopped,

    /// <summary>Taken down; its upper layer, events and logs are kept for the next <c>up</c>.</summary>
    Kept,
}

/// <summary>What the daemon must remember over a crash of its own or of the machine. Written before anything is made.</summary>
public sealed record HostRecord
{
    /// <summary>Format of this file; a daemon refuses a newer one than it knows.</summary>
    public int Version { get; set; } = 1;

    /// <summary>What <c>up</c> last brought about in full; null after <c>down</c>.</summary>
    public SiteSpec? Site { get; init; }

    /// <summary>Every VM of which anything may exist.</summary>
    public IReadOnlyDictionary<string, MachineRecord> Machines { get; set; } = new Dictionary<string, MachineRecord>();
}

/// <summary>One VM: exactly one of <see cref="Server"/> and <see cref="Environment"/> is set.</summary>
public sealed record MachineRecord
{
    /// <summary>Name in the YAML file.</summary>
    public required string Name { get; init; }

    /// <summary>First of its user ids in the base.</summary>
    public required uint FirstId { get; init; }

    /// <summary>Number of its port, unique on the host: its addresses are made from it.</summary>
    public required int Index { get; init; }

    /// <summary>How far it has come.</summary>
    public MachinePhase Phase { get; init; }

    /// <summary>What it was made from, if it is a server VM.</summary>
    public ServerSpec? Server { get; init; }

    /// <summary>What it was made from, if it is an IDS VM.</summary>
    public EnvironmentSpec? Environment { get; init; }

    /// <summary>Generation of the lower layer it was made on.</summary>
    public string? Generation { get; init; }

    /// <summary>When its first process was last started.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Starts by the restart policy.</summary>
    public int Restarts { get; init; }

    /// <summary>What both kinds have in common.</summary>
    [JsonIgnore]
    public MachineSpec Machine => Server?.Machine ?? Environment!.Machine;

    /// <summary>True for a server VM.</summary>
    [JsonIgnore]
    public bool IsServer => Server is not null;
}

/// <summary>Source-generated JSON of the daemon's own state.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(HostRecord))]
internal sealed partial class HostJson : JsonSerializerContext
{
}
