namespace HyperSpector.Engine.Events;

/// <summary>Every bound on what comes out of a VM, in one place. Whoever writes more gets it cut or counted, never our memory.</summary>
public static class EventLimits
{
    /// <summary>Longest line of an IDS's output; longer ones are skipped and counted.</summary>
    public const int OutputLine = 256 * 1024;

    /// <summary>Longest log line; longer ones are split.</summary>
    public const int LogLine = 64 * 1024;

    /// <summary>Longest stored line: an event around a full output line, each byte of which may become <c>\u00XX</c>.</summary>
    public const int StoredLine = 2 * 1024 * 1024;

    /// <summary>Characters of a summary.</summary>
    public const int Summary = 512;

    /// <summary>Nesting of an IDS's record; an event adds one level, readers of JSON usually stop at 64.</summary>
    public const int RecordDepth = 48;

    /// <summary>Outputs of a VM.</summary>
    public const int Outputs = 32;

    /// <summary>Names looked at when a rotated output is searched for.</summary>
    public const int DirectoryEntries = 4096;

    /// <summary>Bytes of a segment of a spool.</summary>
    public const long SpoolSegment = 16 * 1024 * 1024;

    /// <summary>Bytes of events that a reader writes at once.</summary>
    public const int SpoolBatch = 128 * 1024;

    /// <summary>Bytes of a segment of a log; four are kept.</summary>
    public const long LogSegment = 4 * 1024 * 1024;

    /// <summary>Bytes of a log.</summary>
    public const long LogTotal = 4 * LogSegment;

    /// <summary>Input without any event after which the position is written down all the same.</summary>
    public const long SilentInput = 4 * 1024 * 1024;
}
