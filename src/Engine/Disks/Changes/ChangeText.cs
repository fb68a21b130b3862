using System.Globalization;
using System.Text;
using System.Text.Unicode;
using HyperSpector.Api.Messages;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks.Changes;

/// <summary>A finding as a line of JSON has it.</summary>
internal static class ChangeText
{
    private static readonly (ChangedParts Part, string Word)[] s_words =
    [
        (ChangedParts.Content, "content"), (ChangedParts.Mode, "mode"), (ChangedParts.Owner, "owner"), (ChangedParts.Group, "group"),
        (ChangedParts.Modified, "modified"), (ChangedParts.Attributes, "attributes"), (ChangedParts.Target, "target"),
        (ChangedParts.Device, "device"), (ChangedParts.Unread, "unread"),
    ];

    /// <summary>Everything that is told of it.</summary>
    /// <param name="path">Where; empty for the root.</param>
    /// <param name="verdict">What was found.</param>
    /// <param name="ids">From ids on disk to those that the server VM sees.</param>
    internal static ChangeRecord Of(ReadOnlySpan<byte> path, in Verdict verdict, IdTranslation ids)
    {
        var whole = path.IsEmpty ? "/"u8 : path;
        var now = verdict.Now;
        var isThere = now.Mode != 0;
        return new ChangeRecord
        {
            Kind = verdict.Kind,
            Path = Encoding.UTF8.GetString(whole),
            Bytes = Utf8.IsValid(whole) ? null : Convert.ToBase64String(whole),
            Type = isThere ? TypeOf(now.Type) : null,
            Was = verdict.Kind is ChangeKind.Removed or ChangeKind.Replaced ? TypeOf(verdict.Was) : null,
            What = verdict.Parts == ChangedParts.None ? null : Words(verdict.Parts),
            State = isThere && verdict.Kind is ChangeKind.Added or ChangeKind.Changed or ChangeKind.Replaced
                ? new ChangeState(
                    Convert.ToString(now.Mode & ~InodeStatus.TypeMask, 8).PadLeft(4, '0'), ids.Of(now.User), ids.Of(now.Group),
                    now.IsDirectory ? 0 : now.Size, now.IsDirectory ? null : Time(now.Modified), now.IsDirectory ? null : Time(now.Changed))
                : null,
        };
    }

    private static List<string> Words(ChangedParts parts) => [.. s_words.Where(w => parts.HasFlag(w.Part)).Select(w => w.Word)];

    private static string Time(InodeTime time) => string.Create(CultureInfo.InvariantCulture, $"{time.Seconds}.{time.Nanoseconds:000000000}");

    private static string TypeOf(uint type) => type switch
    {
        InodeStatus.Regular => "file",
        InodeStatus.Directory => "directory",
        InodeStatus.Link => "link",
        InodeStatus.Socket => "socket",
        InodeStatus.CharacterDevice => "character",
        0x6000 => "block",
        0x1000 => "fifo",
        _ => "unknown",
    };
}
