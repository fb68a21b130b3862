using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Integrity.Trees;

/// <summary>What is known of one file: measured now, or recorded in a baseline.</summary>
internal sealed class FileState
{
    internal required EntryStatus Status { get; init; }

    /// <summary>SHA-256 of the content, or of what of it is to be as before; null if it was not read.</summary>
    internal byte[]? Content { get; init; }

    /// <summary>Text of a symbolic link.</summary>
    internal byte[]? Target { get; init; }

    /// <summary>SHA-256 of the access control lists; null if there are none.</summary>
    internal byte[]? Acl { get; init; }

    /// <summary>SHA-256 of the capabilities; null if there are none.</summary>
    internal byte[]? Capability { get; init; }

    /// <summary>SHA-256 of all other extended attributes; null if there are none.</summary>
    internal byte[]? Extended { get; init; }
}
