using HyperSpector.Engine.Integrity.Trees;

namespace HyperSpector.Engine.Integrity.Checks;

/// <summary>
/// Where the lower layers' part of a directory comes from. Two states of a directory with the same origin, over the same generation, have
/// the same lower part; whatever differs is then in the upper layer, now or when the baseline was made.
/// </summary>
internal readonly record struct Origin
{
    private readonly string? _place;

    private Origin(string? place) => _place = place;

    /// <summary>Of the root: the lower layers' root.</summary>
    internal static Origin Root { get; } = new("");

    /// <summary>Of a directory in one of this origin.</summary>
    internal Origin Below(ReadOnlySpan<byte> name, DirectoryMarks marks)
    {
        if (marks.Opaque)
            return default;
        var text = System.Text.Encoding.Latin1;
        // An absolute redirect counts from the root of its overlay, of which a tree may have several: it is no path of the tree.
        if (marks.Redirect is [(byte)'/', ..] path)
            return new Origin("redirect:" + text.GetString(path));
        // Beside it, in the lower directory that the one above it comes from.
        return _place is null ? default : new Origin(_place + "/" + text.GetString(marks.Redirect ?? name));
    }
}
