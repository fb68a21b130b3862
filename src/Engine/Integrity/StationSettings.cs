namespace HyperSpector.Engine.Integrity;

/// <summary>Which server VM's files are checked, and where what is known of them lies.</summary>
public sealed record StationSettings
{
    /// <summary>The server VM, as acceptances name it.</summary>
    public required string Server { get; init; }

    /// <summary>Its files as it sees them.</summary>
    public required string Merged { get; init; }

    /// <summary>Its upper layer alone; null: there are no layers, and every check is a full one.</summary>
    public required string? Upper { get; init; }

    /// <summary>Null: both are views, and tell it. Else both are an overlay of this machine, over lower layers of this name.</summary>
    public string? Generation { get; init; }

    /// <summary>Where the baseline is kept.</summary>
    public required string State { get; init; }

    /// <summary>The policy's file, read when a baseline is made.</summary>
    public required string Policy { get; init; }

    /// <summary>The acceptances; null: those in <see cref="State"/>.</summary>
    public string? Log { get; init; }

    /// <summary>Whose signatures acceptances must have; null: none.</summary>
    public byte[]? PublicKey { get; init; }
}
