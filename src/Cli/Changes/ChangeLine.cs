using System.Globalization;
using System.Text;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Output;
using HyperSpector.Engine.Terminal;

namespace HyperSpector.Cli.Changes;

/// <summary>A difference as one line for people.</summary>
internal static class ChangeLine
{
    internal static void Print(Screen screen, ChangeRecord record, bool withTime)
    {
        var tone = record.Kind switch
        {
            ChangeKind.Added => Tone.Good,
            ChangeKind.Removed => Tone.Bad,
            ChangeKind.Changed or ChangeKind.Replaced => Tone.Warn,
            _ => Tone.Dim,
        };
        screen.Pieces(
            new Cell(withTime ? TimeProvider.System.GetLocalNow().ToString("HH:mm:ss  ", CultureInfo.InvariantCulture) : "", Tone.Dim),
            new Cell(Word(record.Kind).PadRight(10), tone),
            new Cell((record.Type ?? record.Was ?? "").PadRight(11), Tone.Dim),
            PathOf(record),
            new Cell(Remark(record), Tone.Dim));
    }

    /// <summary>A path on one line, whatever it consists of: what is no UTF-8, a backslash or harmful is written as an escape.</summary>
    internal static string PathOf(ChangeRecord record)
    {
        var bytes = BytesOf(record);
        var text = new StringBuilder(bytes.Length);
        // A backslash is doubled: no name can look as if another one had been escaped.
        while (bytes.IndexOf((byte)'\\') is var at and >= 0)
        {
            _ = text.Append(Escaping.Line(bytes[..at])).Append(@"\\");
            bytes = bytes[(at + 1)..];
        }

        return text.Append(Escaping.Line(bytes)).ToString();
    }

    internal static ReadOnlySpan<byte> BytesOf(ChangeRecord record) =>
        record.Bytes is { } exact ? Convert.FromBase64String(exact) : Encoding.UTF8.GetBytes(record.Path ?? "");

    private static string Word(ChangeKind kind) => kind == ChangeKind.Same ? "as base" : kind.ToString().ToLowerInvariant();

    private static string Remark(ChangeRecord record) =>
        record.What is { Count: > 0 } what ? $"  ({string.Join(", ", what)})"
        : record.Kind == ChangeKind.Replaced ? $"  (was {record.Was})"
        : record.Kind == ChangeKind.Mount ? "  (not compared: it has no base)"
        : "";
}
