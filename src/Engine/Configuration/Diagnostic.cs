using System.Globalization;

namespace HyperSpector.Engine.Configuration;

/// <summary>One thing that is wrong with a configuration or pack file.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Line">1 is the first; 0 when the problem is the file as a whole.</param>
/// <param name="Column">1 is the first; 0 when the problem is the file as a whole.</param>
/// <param name="Message">One line: what, and how to mend it.</param>
public sealed record Diagnostic(string File, int Line, int Column, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Line == 0
        ? $"{File}: {Message}"
        : string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Message}");
}
