using System.Text.Json;

namespace HyperSpector.Api.Events;

/// <summary>One event as it stands in a spool and as <c>hyperspector alerts --json</c> prints it (docs/events.md).</summary>
public sealed record EventRecord
{
    /// <summary>Unique: made of machine, output and position, so that the same record read twice has the same id.</summary>
    public required string Id { get; init; }

    /// <summary>When it happened, by the IDS's clock (RFC 3339, UTC).</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The host's name.</summary>
    public required string Host { get; init; }

    /// <summary>The environment whose IDS saw it; null for events of the base itself (a blind interval).</summary>
    public string? Environment { get; init; }

    /// <summary>What saw it: a pack (<c>suricata</c>) or a part of ours (<c>switch</c>).</summary>
    public required string Sensor { get; init; }

    /// <summary>The server VM it is about; null where the IDS cannot tell.</summary>
    public string? Server { get; init; }

    /// <summary><c>alert</c>, <c>line</c>, <c>mirror-drop</c>, <c>blind</c>, <c>machine</c>, <c>reader</c>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>info</c>, <c>low</c>, <c>medium</c>, <c>high</c>.</summary>
    public required string Severity { get; init; }

    /// <summary>One line for people; may hold any characters: escape before printing to a terminal.</summary>
    public required string Summary { get; init; }

    /// <summary>The IDS's own record, untouched; for records that were not JSON, a JSON string.</summary>
    public JsonElement? Raw { get; init; }

    /// <summary>Where the next unread byte of the output stood after this record; what a restarted reader resumes from.</summary>
    public SourcePosition? Source { get; init; }
}

/// <summary>A position in an IDS's output.</summary>
/// <param name="Output">Index of the output among the machine's outputs.</param>
/// <param name="File">Identity of the file (device and inode), so that a replaced file is not taken for the old one.</param>
/// <param name="Offset">First byte after the record.</param>
public sealed record SourcePosition(int Output, string File, long Offset);
