using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Packs;

/// <summary><c>outputs:</c> of a pack.</summary>
internal static class PackOutputReader
{
    // An output's directory becomes a volume: over one of these it would hide the distribution's own files.
    private static readonly string[] Shared =
        ["/bin", "/boot", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/root", "/run", "/sbin", "/srv", "/tmp", "/usr",
         "/usr/bin", "/usr/lib", "/usr/local", "/usr/sbin", "/usr/share", "/var", "/var/cache", "/var/lib", "/var/log", "/var/run", "/var/spool", "/var/tmp"];

    internal static readonly IReadOnlyList<Key<OutputDraft>> Keys =
    [
        new("path", "Absolute path of the file inside the VM, in a directory that only this pack writes to.", """{"type":"string","pattern":"^/.+/.+/.+"}""",
            (d, n) => d.Path = PathOf(d.File, n)),
        new("format", "eve: Suricata's EVE JSON; lines: each line is an event.", """{"enum":["eve","lines"]}""",
            (d, n) => d.Format = Values.Word(d.File, n, "format", ("eve", 0), ("lines", 1)) is { } format ? (format == 0 ? "eve" : "lines") : null),
        new("reopen", "The signal at which the pack's commands open it anew; none if they open it for each record. Needed for rotation.",
            """{"enum":["HUP","USR1","USR2","none"]}""", (d, n) => d.Reopen = ReopenOf(d.File, n)),
        new("limit", "MiB at which it is rotated, 64 unless said otherwise; needs reopen.",
            """{"type":"integer","minimum":1,"maximum":16384}""",
            (d, n) => d.Limit = Values.Whole(d.File, n, "limit", 1, 16384) * 1024L * 1024),
    ];

    private static readonly string[] Signals = ["HUP", "USR1", "USR2", "none"];

    private static readonly string[] Needed = ["path", "format"];

    internal static IReadOnlyList<PackOutput> Read(PackDraft pack, Node node)
    {
        var outputs = new List<PackOutput>();
        foreach (var item in Values.List(pack.File, node, "outputs") ?? [])
        {
            var draft = new OutputDraft(pack.File);
            if (!Section.Read(pack.File, item, "outputs", Keys, draft))
                continue;
            if (item is MapNode map && Needed.FirstOrDefault(k => map.Entries.All(e => e.Key.Value != k)) is { } missing)
                pack.File.Report(item, $"outputs: an output needs '{missing}'");
            if (draft is { Limit: not null, Reopen: null })
                pack.File.Report(item, "outputs: 'limit' needs 'reopen', the signal at which the file is opened anew (or none)");
            if (draft.Path is null || draft.Format is null)
                continue;
            if (outputs.Any(o => o.Path == draft.Path))
                pack.File.Report(item, $"outputs: {Quoted.Text(draft.Path)} is there twice");
            else
                outputs.Add(new PackOutput(draft.Path, draft.Format) { Reopen = draft.Reopen, Limit = draft.Limit ?? PackOutput.UsualLimit });
        }

        return outputs;
    }

    private static string? ReopenOf(SourceFile file, Node node) =>
        Values.Word(file, node, "reopen", ("HUP", 0), ("USR1", 1), ("USR2", 2), ("none", 3)) is { } index ? Signals[index] : null;

    private static string? PathOf(SourceFile file, Node node)
    {
        if (Values.Text(file, node, "path") is not { } text || MachinePath.CheckTarget(file, node, text, "output") is not { } path)
            return null;
        var directory = Path.GetDirectoryName(path)!;
        if (directory != "/" && !Shared.Contains(directory) && !text.EndsWith('/'))
            return path;
        file.Report(node, $"output {Quoted.Text(text)}: give it a directory of its own, e.g. /var/log/<name>/<file>");
        return null;
    }
}
