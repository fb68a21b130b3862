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
    ];

    internal static IReadOnlyList<PackOutput> Read(PackDraft pack, Node node)
    {
        var outputs = new List<PackOutput>();
        foreach (var item in Values.List(pack.File, node, "outputs") ?? [])
        {
            var draft = new OutputDraft(pack.File);
            if (!Section.Read(pack.File, item, "outputs", Keys, draft))
                continue;
            if (item is MapNode map && Keys.FirstOrDefault(k => map.Entries.All(e => e.Key.Value != k.Name)) is { } missing)
                pack.File.Report(item, $"outputs: an output needs '{missing.Name}'");
            if (draft.Path is null || draft.Format is null)
                continue;
            if (outputs.Any(o => o.Path == draft.Path))
                pack.File.Report(item, $"outputs: {Quoted.Text(draft.Path)} is there twice");
            else
                outputs.Add(new PackOutput(draft.Path, draft.Format));
        }

        return outputs;
    }

    private static string? PathOf(SourceFile file, Node node)
    {
        if (Values.Text(file, node, "path") is not { } text || MachinePath.CheckTarget(file, node, text, "output") is not { } path)
            return null;
        var directory = Path.GetDirectoryName(path)!;
        if (directory != "/" && !Shared.Contains(directory) && !text.EndsWith('/'))
            return path;
        file.Report(node, $"output {Quoted.Text(text)}: give it a directory of its own, e.g. /var/log/<name>/{Path.GetFileName(path)}");
        return null;
    }
}
