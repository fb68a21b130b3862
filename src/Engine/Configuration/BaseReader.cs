using HyperSpector.Api.Site;
using HyperSpector.Engine.Images;

namespace HyperSpector.Engine.Configuration;

/// <summary><c>base:</c>, the lower layer of a VM.</summary>
internal static class BaseReader
{
    internal const string Schema = """
        {"oneOf":[{"type":"string","minLength":1},
        {"type":"object","additionalProperties":false,"required":["host"],"properties":{"host":{"type":"object","additionalProperties":false,
        "properties":{"allow":{"type":"array","items":{"type":"string","pattern":"^/"},"description":"More paths of the host that this VM may read."}}}}}]}
        """;

    private const string ImagePrefix = "oci:";

    private static readonly string[] NeverAllowed = ["/proc", "/sys", "/dev", "/run"];

    private static readonly Key<Draft>[] Keys =
        [new("host", "The host's own system, less its secrets.", "{}", (d, n) => d.Allow = Allow(d.File, n))];

    private static readonly Key<Draft>[] HostKeys =
        [new("allow", "More paths of the host that this VM may read.", "{}", (d, n) => d.Allow = Paths(d.File, n))];

    /// <summary>Reads the key into a machine: the base, and what an image sets by default.</summary>
    internal static void Read(MachineDraft machine, Node node)
    {
        if (node is TextNode text && text.Value.StartsWith(ImagePrefix, StringComparison.Ordinal))
            ReadImage(machine, text, text.Value[ImagePrefix.Length..]);
        else
            machine.Base = Read(machine.File, node);
    }

    // A tag may hold colons and slashes, as the full names of registries do; a directory's name may hold a colon.
    private static void ReadImage(MachineDraft machine, TextNode node, string text)
    {
        machine.IsImage = true;
        var file = machine.File;
        var ends = Enumerable.Range(1, text.Length).Where(i => i == text.Length || text[i] == ':')
            .Where(i => Directory.Exists(file.Resolve(text[..i]))).ToList();
        if (text.Length == 0 || ends.Count == 0)
        {
            file.Report(node, text.Length == 0
                ? "base: write oci:DIRECTORY or oci:DIRECTORY:TAG"
                : $"base: there is no directory {Quoted.Text(text.Split(':')[0])}; write oci:DIRECTORY:TAG, an OCI image layout on disk (docs/configuration.md says how to make one)");
            return;
        }

        var tag = ends[0] == text.Length ? null : text[(ends[0] + 1)..];
        try
        {
            var image = ImageLayout.Resolve(file.Resolve(text[..ends[0]]), tag);
            machine.Base = new BaseSpec { Image = image.Spec };
            machine.Image = image.Config;
        }
        catch (ImageException wrong)
        {
            file.Report(node, $"base {Quoted.Text(ImagePrefix + text)}: {wrong.Message}");
        }
    }

    private static BaseSpec? Read(SourceFile file, Node node)
    {
        if (node is MapNode map)
        {
            var draft = new Draft(file);
            _ = Section.Read(file, map, "base", Keys, draft);
            if (map.Entries.Count == 0)
                file.Report(map, "base: says nothing; write host, a directory, oci:LAYOUT, or {host: {allow: [/path]}}");
            return new BaseSpec { Host = true, Allow = draft.Allow };
        }

        if (Values.Text(file, node, "base") is not { } text)
            return null;
        if (text == "host")
            return new BaseSpec { Host = true };
        var directory = file.Resolve(text);
        if (directory == "/")
            file.Report(node, "base: to run on the host's own system write 'host', which hides its secrets");
        else if (!Directory.Exists(directory))
            file.Report(node, $"base: there is no directory {Quoted.Text(text)}{Nearest.Suggest(text, ["host"])}");
        return new BaseSpec { Directory = directory };
    }

    private static IReadOnlyList<string> Allow(SourceFile file, Node node)
    {
        var draft = new Draft(file);
        _ = Section.Read(file, node, "base: host", HostKeys, draft);
        return draft.Allow;
    }

    private static List<string> Paths(SourceFile file, Node node)
    {
        var paths = new List<string>();
        foreach (var item in Values.List(file, node, "allow") ?? [])
        {
            if (MachinePath.Read(file, item, "allow") is not { } path)
                continue;
            if (path == "/" || NeverAllowed.Any(n => MachinePath.IsAtOrBelow(path, n)))
                file.Report(item, $"allow: {Quoted.Text(path)} of the host is never shown to a VM; name what it needs below another directory");
            else if (!Path.Exists(path))
                file.Report(item, $"allow: there is no {Quoted.Text(path)} on this host");
            else
                paths.Add(path);
        }

        return paths;
    }

    private sealed class Draft(SourceFile file)
    {
        internal SourceFile File => file;

        internal IReadOnlyList<string> Allow { get; set; } = [];
    }
}
