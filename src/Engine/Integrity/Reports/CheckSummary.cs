using HyperSpector.Engine.Integrity.Checks;

namespace HyperSpector.Engine.Integrity.Reports;

/// <summary>What a report begins with.</summary>
internal sealed record CheckSummary
{
    internal required string Server { get; init; }

    /// <summary>When the check began.</summary>
    internal required DateTimeOffset At { get; init; }

    /// <summary>Only what can have changed was looked at.</summary>
    internal required bool ChangedOnly { get; init; }

    /// <summary>Everything was looked at though only what has changed was asked for: the lower layers are others than then.</summary>
    internal required bool BaseMoved { get; init; }

    /// <summary>The policy's file says something else than the policy that was recorded with the baseline.</summary>
    internal required bool PolicyDiffers { get; init; }

    /// <summary>When the baseline was made.</summary>
    internal required DateTimeOffset BaselineMade { get; init; }

    /// <summary>Files that were measured.</summary>
    internal required long Measured { get; init; }

    internal required IReadOnlyList<Finding> Findings { get; init; }

    internal int Count(FindingKind kind) => Findings.Count(f => f.Kind == kind);
}
