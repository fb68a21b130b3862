using System.Text.Json.Serialization;

namespace HyperSpector.Api.Messages;

/// <summary>How much depends on something that <c>hyperspector doctor</c> looks at.</summary>
public enum DoctorLevel
{
    /// <summary>Without it nothing runs.</summary>
    [JsonStringEnumMemberName("required")]
    Required,

    /// <summary>Without it a promise is kept worse, or slower.</summary>
    [JsonStringEnumMemberName("recommended")]
    Recommended,

    /// <summary>Some uses want it.</summary>
    [JsonStringEnumMemberName("optional")]
    Optional,
}

/// <summary>What was found.</summary>
public enum DoctorState
{
    /// <summary>It is there and works.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>It is not there, or does not work.</summary>
    [JsonStringEnumMemberName("missing")]
    Missing,

    /// <summary>It could not be tried.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,
}

/// <summary>One line of <c>hyperspector doctor</c>.</summary>
public sealed record DoctorCheck
{
    /// <summary>Stable, for scripts: <c>kernel.overlayfs</c>.</summary>
    public required string Id { get; init; }

    /// <summary>How much depends on it.</summary>
    public required DoctorLevel Level { get; init; }

    /// <summary>What was found, in a word.</summary>
    public required DoctorState State { get; init; }

    /// <summary>What was found, in one line; may repeat what a program printed: escape before printing to a terminal.</summary>
    public required string Finding { get; init; }

    /// <summary>What is lost without it.</summary>
    public required string Lost { get; init; }

    /// <summary>How to mend it, in one line.</summary>
    public required string Fix { get; init; }
}

/// <summary>What <c>hyperspector doctor --json</c> prints.</summary>
public sealed record DoctorReport
{
    /// <summary>The running kernel's release.</summary>
    public required string Kernel { get; init; }

    /// <summary>Nothing that is required is missing.</summary>
    public required bool Ready { get; init; }

    /// <summary>How long looking took.</summary>
    public required double Seconds { get; init; }

    /// <summary>The checks, always the same ones in the same order.</summary>
    public required IReadOnlyList<DoctorCheck> Checks { get; init; }
}

/// <summary>Source-generated JSON of the report.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(DoctorReport))]
public sealed partial class DoctorJson : JsonSerializerContext
{
}
