namespace HyperSpector.Api.Plans;

/// <summary>Where an IDS VM finds what the base gives it for checks of files, read-only (docs/integrity.md).</summary>
public static class IntegrityPaths
{
    /// <summary>The checker.</summary>
    public const string Program = "/run/hyperspector/integrity";

    /// <summary>The environment's public key, and what was accepted of each server.</summary>
    public const string Acceptances = "/run/hyperspector/acceptances";
}
