using System.Text.Json.Serialization;

namespace HyperSpector.Api.Messages;

/// <summary>One line of <c>hyperspector changes --json</c>: a path at which a server VM differs from its base.</summary>
public sealed record ChangeRecord
{
    /// <summary>How it differs.</summary>
    public required ChangeKind Kind { get; init; }

    /// <summary>Where. What is no UTF-8 in it is shown as U+FFFD; <see cref="Bytes"/> is exact then.</summary>
    public string? Path { get; init; }

    /// <summary>The path's bytes in Base64, only where they are no UTF-8.</summary>
    public string? Bytes { get; init; }

    /// <summary>Of what is there: <c>file</c>, <c>directory</c>, <c>link</c>, <c>fifo</c>, <c>socket</c>, <c>character</c>, <c>block</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Of what the base has there, where it is removed or replaced.</summary>
    public string? Was { get; init; }

    /// <summary>
    /// What of it has changed: <c>content</c>, <c>mode</c>, <c>owner</c>, <c>group</c>, <c>modified</c>, <c>attributes</c>, <c>target</c>,
    /// <c>device</c>; <c>unread</c>: it could not be read, and may differ in anything.
    /// </summary>
    public IReadOnlyList<string>? What { get; init; }

    /// <summary>What is there now, as far as it tells one state from another.</summary>
    public ChangeState? State { get; init; }

    /// <summary>Of a notice or failure: one line for people.</summary>
    public string? Text { get; init; }
}

/// <summary>How a path differs.</summary>
public enum ChangeKind
{
    /// <summary>The base has nothing there.</summary>
    [JsonStringEnumMemberName("added")]
    Added,

    /// <summary>The same type, with another content or other metadata.</summary>
    [JsonStringEnumMemberName("changed")]
    Changed,

    /// <summary>Only the base has it. Each path of a directory that was removed is told.</summary>
    [JsonStringEnumMemberName("removed")]
    Removed,

    /// <summary>Something of another type.</summary>
    [JsonStringEnumMemberName("replaced")]
    Replaced,

    /// <summary>Only while following: it is again as in the base.</summary>
    [JsonStringEnumMemberName("same")]
    Same,

    /// <summary>Something is mounted there that has no base: a volume, or a file system in memory.</summary>
    [JsonStringEnumMemberName("mount")]
    Mount,

    /// <summary>All differences have been told; what follows happens now.</summary>
    [JsonStringEnumMemberName("end")]
    End,

    /// <summary>Something that people should know.</summary>
    [JsonStringEnumMemberName("notice")]
    Notice,

    /// <summary>The list is not complete, and why.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>Of what is there. The time of change cannot be set: it moves with every change of content or metadata.</summary>
/// <param name="Mode">Permissions in octal digits.</param>
/// <param name="User">Owner, as the server VM sees it.</param>
/// <param name="Group">Group, as the server VM sees it.</param>
/// <param name="Size">Bytes; 0 for a directory.</param>
/// <param name="Modified">Time of modification: seconds since 1970, nine digits behind the point. None of a directory: names tell what happens in it.</param>
/// <param name="Changed">Time of change, in the same form.</param>
public sealed record ChangeState(string Mode, uint User, uint Group, ulong Size, string? Modified, string? Changed);
