using System.Globalization;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Output;

namespace HyperSpector.Cli.Changes;

/// <summary><c>changes --summary</c>: how many differences there are, by directory.</summary>
internal sealed class ChangeSummary
{
    // The server VM can make as many directories as it likes, and the administrator reads one page.
    private const int DirectoryLimit = 1000;
    private const string Others = "elsewhere";

    private readonly SortedDictionary<string, ChangeCounts> _directories = new(StringComparer.Ordinal);
    private readonly ChangeCounts _all = new();
    private readonly List<string> _mounts = [];

    internal void Add(ChangeRecord record)
    {
        var path = ChangeLine.PathOf(record);
        if (record.Kind == ChangeKind.Mount && _mounts.Count < DirectoryLimit)
            _mounts.Add(path);
        var directory = DirectoryOf(path);
        if (!_directories.ContainsKey(directory) && _directories.Count >= DirectoryLimit)
            directory = Others;
        if (!_all.Add(record))
            return;
        if (!_directories.TryGetValue(directory, out var counts))
            _directories[directory] = counts = new ChangeCounts();
        _ = counts.Add(record);
    }

    internal void Print(Screen screen, bool json)
    {
        if (json)
        {
            screen.Json(new ChangeSummaryText(_all, _directories, _mounts), CliJson.Default.ChangeSummaryText);
            return;
        }

        if (_all.Total == 0)
            screen.Line("no difference");
        else
            screen.Table(["DIRECTORY", "ADDED", "CHANGED", "REMOVED", "REPLACED"], [.. _directories.Select(d => Row(d.Key, d.Value)), Row("all", _all)]);
        foreach (var mount in _mounts)
            screen.Line($"not compared: {mount}, which has no base");
    }

    private static IReadOnlyList<Cell> Row(string name, ChangeCounts counts) =>
        [new Cell(name, Tone.Heading), Number(counts.Added), Number(counts.Changed), Number(counts.Removed), Number(counts.Replaced)];

    private static Cell Number(long count) => new(count.ToString(CultureInfo.InvariantCulture), count == 0 ? Tone.Dim : Tone.Plain);

    // Two names say enough: /usr/bin, /var/lib.
    private static string DirectoryOf(string path)
    {
        var parts = path.Split('/', 4);
        return parts.Length < 3 ? "/" : parts.Length == 3 ? $"/{parts[1]}" : $"/{parts[1]}/{parts[2]}";
    }
}

/// <summary>Differences, counted.</summary>
internal sealed class ChangeCounts
{
    public long Added { get; private set; }

    public long Changed { get; private set; }

    public long Removed { get; private set; }

    public long Replaced { get; private set; }

    internal long Total => Added + Changed + Removed + Replaced;

    internal bool Add(ChangeRecord record)
    {
        switch (record.Kind)
        {
            case ChangeKind.Added:
                Added++;
                return true;
            case ChangeKind.Changed:
                Changed++;
                return true;
            case ChangeKind.Removed:
                Removed++;
                return true;
            case ChangeKind.Replaced:
                Replaced++;
                return true;
            default:
                return false;
        }
    }
}
