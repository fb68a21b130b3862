using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Configuration;

/// <summary><c>volumes:</c>, each <c>SOURCE:TARGET[:ro]</c> or a mapping.</summary>
internal static class VolumeReader
{
    private static readonly string[] NeverShared = ["/proc", "/sys", "/dev"];

    internal static readonly Key<Draft>[] Keys =
    [
        new("source", "Directory or file of the host; relative to the YAML file.", """{"type":"string","minLength":1}""",
            (d, n) => d.Source = Values.Text(d.File, n, "source")),
        new("target", "Absolute path inside the VM.", """{"type":"string","pattern":"^/"}""",
            (d, n) => d.Target = Values.Text(d.File, n, "target")),
        new("read_only", "The VM may not write.", """{"type":"boolean"}""",
            (d, n) => d.ReadOnly = Values.Bool(d.File, n, "read_only") ?? false),
    ];

    internal static IReadOnlyList<(Node At, VolumeSpec Volume)> Read(SourceFile file, Node node)
    {
        var volumes = new List<(Node, VolumeSpec)>();
        foreach (var item in Values.List(file, node, "volumes") ?? [])
        {
            if (One(file, item) is not { } volume)
                continue;
            if (volumes.Any(v => v.Item2.Target == volume.Target))
                file.Report(item, $"volume target {Quoted.Text(volume.Target)} is there twice");
            else
                volumes.Add((item, volume));
        }

        return volumes;
    }

    private static VolumeSpec? One(SourceFile file, Node node)
    {
        var draft = new Draft(file);
        if (node is MapNode)
        {
            _ = Section.Read(file, node, "volume", Keys, draft);
            if (draft.Source is null || draft.Target is null)
            {
                file.Report(node, "volume: needs a source and a target");
                return null;
            }
        }
        else if (Values.Text(file, node, "volume") is { } text)
        {
            var parts = text.Split(':');
            if (parts.Length is < 2 or > 3 || parts.Any(p => p.Length == 0) || (parts.Length == 3 && parts[2] is not ("ro" or "rw")))
            {
                file.Report(node, $"volume {Quoted.Text(text)}: write SOURCE:TARGET or SOURCE:TARGET:ro");
                return null;
            }

            (draft.Source, draft.Target, draft.ReadOnly) = (parts[0], parts[1], parts.Length == 3 && parts[2] == "ro");
        }
        else
        {
            return null;
        }

        var target = MachinePath.CheckTarget(file, node, draft.Target, "volume target");
        var source = file.Resolve(draft.Source);
        if (source == "/" || NeverShared.Any(n => MachinePath.IsAtOrBelow(source, n)))
            file.Report(node, $"volume source {Quoted.Text(draft.Source)} would give the base system away");
        else if (!Path.Exists(source))
            file.Report(node, $"volume source {Quoted.Text(draft.Source)} does not exist; make it first");
        return target is null ? null : new VolumeSpec(source, target, draft.ReadOnly);
    }

    internal sealed class Draft(SourceFile file)
    {
        internal SourceFile File => file;

        internal string? Source { get; set; }

        internal string? Target { get; set; }

        internal bool ReadOnly { get; set; }
    }
}
