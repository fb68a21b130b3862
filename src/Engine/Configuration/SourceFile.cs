namespace HyperSpector.Engine.Configuration;

/// <summary>One file being read: its name, where its relative paths start, and what was found wrong so far.</summary>
/// <param name="name">As messages give it.</param>
/// <param name="directory">Absolute.</param>
/// <param name="problems">Where problems go.</param>
internal sealed class SourceFile(string name, string directory, List<Diagnostic> problems)
{
    private readonly HashSet<Position> _broken = [];

    internal string Name => name;

    internal string Directory => directory;

    internal List<Diagnostic> Problems => problems;

    /// <summary>Notes that a value could not be made out at all: whatever else is wrong with it would only follow from that.</summary>
    internal void ReportBroken(Position at, string message)
    {
        Report(at, message);
        _ = _broken.Add(at);
    }

    /// <summary>Notes a problem; what passes the limit is left out.</summary>
    internal void Report(Position at, string message)
    {
        if (problems.Count < ConfigurationLimits.Problems && !_broken.Contains(at))
            problems.Add(new Diagnostic(name, at.Line, at.Column, message));
    }

    /// <summary>Notes a problem at a node.</summary>
    internal void Report(Node at, string message) => Report(at.At, message);

    /// <summary>A path of this file made absolute, without <c>.</c>, <c>..</c> or a slash at its end.</summary>
    internal string Resolve(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, directory));
}
