using System.Globalization;
using HyperSpector.Engine.Integrity.Checks;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Engine.Terminal;

namespace HyperSpector.Engine.Integrity.Reports;

/// <summary>A report for people. Paths and texts are the server's: nothing of them reaches a terminal as it is.</summary>
internal static class TextReport
{
    internal static void Write(TextWriter into, CheckSummary summary)
    {
        var differences = summary.Findings.Count - summary.Count(FindingKind.Unreadable);
        var scope = summary.ChangedOnly ? "what can have changed" : "everything";
        into.WriteLine(Text($"{Escaping.Line(summary.Server)}: {(differences == 0 ? "nothing differs" : $"{differences} files differ")} from the baseline of {Time(summary.BaselineMade)}"));
        into.WriteLine(Text($"checked {scope} at {Time(summary.At)}: {summary.Measured} files measured; {summary.Count(FindingKind.Added)} added, {summary.Count(FindingKind.Removed)} removed, {summary.Count(FindingKind.Changed)} changed, {summary.Count(FindingKind.Unreadable)} could not be read"));
        if (summary.BaseMoved)
            into.WriteLine("the base below the server is another one than then, so all of its files were checked; accept when the upgrade was meant");
        if (summary.PolicyDiffers)
            into.WriteLine("the policy has changed: this check went by the recorded one until 'accept' records what the new one selects");
        foreach (var finding in summary.Findings)
            Write(into, finding);
    }

    /// <summary>One difference, in a line and one more for each value that people can read.</summary>
    internal static void Write(TextWriter into, Finding finding)
    {
        var what = finding.Kind switch
        {
            FindingKind.Changed => $"  ({string.Join(' ', AttributeWords.Names(finding.Differing))})",
            FindingKind.Unreadable => $"  ({finding.Error})",
            _ => "",
        };
        into.WriteLine($"{Word(finding.Kind),-10} {Escaping.Line(finding.Path)}{what}");
        if (finding is not { Kind: FindingKind.Changed, Before: { } before, After: { } after })
            return;
        foreach (var (attribute, value) in Values)
        {
            if ((finding.Differing & attribute) != 0)
                into.WriteLine($"{"",-13}{AttributeWords.Names(attribute).First()}: {value(before)} -> {value(after)}");
        }
    }

    /// <summary>What became of a file, in a word.</summary>
    internal static string Word(FindingKind kind) => kind switch
    {
        FindingKind.Added => "added",
        FindingKind.Removed => "removed",
        FindingKind.Changed => "changed",
        _ => "unreadable",
    };

    /// <summary>How values are told, of those attributes that people can read.</summary>
    internal static readonly IReadOnlyList<(Attributes Attribute, Func<FileState, string> Value)> Values =
    [
        (Attributes.Mode, s => Convert.ToString(s.Status.Mode & 0xfff, 8).PadLeft(4, '0')),
        (Attributes.Type, s => TypeName(s.Status.Mode)),
        (Attributes.Inode, s => Text($"{s.Status.Inode}")),
        (Attributes.Links, s => Text($"{s.Status.Links}")),
        (Attributes.User, s => Text($"{s.Status.User}")),
        (Attributes.Group, s => Text($"{s.Status.Group}")),
        (Attributes.Size, s => Text($"{s.Status.Size}")),
        (Attributes.Modified, s => Time(s.Status.Modified)),
        (Attributes.Changed, s => Time(s.Status.Changed)),
        (Attributes.Content, s => s.Content is null ? "-" : Convert.ToHexStringLower(s.Content)),
        (Attributes.Growing, s => Text($"{s.Status.Size} bytes")),
        (Attributes.Target, s => s.Target is null ? "-" : Escaping.Line(s.Target)),
        (Attributes.Device, s => Text($"{s.Status.Node >> 32}:{s.Status.Node & uint.MaxValue}")),
    ];

    private static string TypeName(uint mode) => (mode >> 12) switch
    {
        1 => "FIFO",
        2 => "character device",
        4 => "directory",
        6 => "block device",
        8 => "regular file",
        10 => "symbolic link",
        12 => "socket",
        _ => "unknown",
    };

    private static string Time(long nanoseconds) => Time(DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100));

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
