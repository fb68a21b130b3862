using System.Text.Json.Serialization;

namespace HyperSpector.Engine.Integrity.Signing;

/// <summary>Somebody's word that a baseline is as it should be. What is signed is its JSON, byte for byte.</summary>
public sealed record Acceptance
{
    /// <summary>The server VM.</summary>
    public required string Server { get; init; }

    /// <summary>Counts from 1; an older baseline that is put back has a number too small.</summary>
    public required int Number { get; init; }

    /// <summary>The baseline's root digest, in hexadecimal digits.</summary>
    public required string Root { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who.</summary>
    public required string By { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>SHA-256 of the line before, in hexadecimal digits; empty in the first.</summary>
    public required string Previous { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, MaxDepth = 4)]
[JsonSerializable(typeof(Acceptance))]
internal sealed partial class AcceptanceJson : JsonSerializerContext;
