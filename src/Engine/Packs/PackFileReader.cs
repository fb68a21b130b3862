using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Packs;

/// <summary>
/// <c>files:</c> of a pack. A pack comes from a stranger: nothing outside its own <c>files/</c> may be read by naming it, so
/// neither <c>..</c> nor a symbolic link is followed.
/// </summary>
internal static class PackFileReader
{
    internal static IReadOnlyList<PackFile> Read(PackDraft pack, Node node)
    {
        var files = new List<PackFile>();
        foreach (var (key, value) in Values.Map(pack.File, node, "files")?.Entries ?? [])
        {
            var source = Source(pack.File, key);
            if (Values.Text(pack.File, value, $"files: {Quoted.Text(key.Value)}") is not { } text
                || MachinePath.CheckTarget(pack.File, value, text, "file target") is not { } target)
                continue;
            if (files.Any(f => f.Target == target))
                pack.File.Report(value, $"file target {Quoted.Text(target)} is there twice");
            else if (source is not null)
                files.Add(new PackFile(source, target));
        }

        return files;
    }

    private static string? Source(SourceFile file, TextNode node)
    {
        var parts = node.Value.TrimEnd('/').Split('/');
        if (node.Value.StartsWith('/') || parts.Any(p => p is "" or "." or "..") || node.Value.Any(char.IsControl))
        {
            file.Report(node, $"file {Quoted.Text(node.Value)} must be a path below the pack's files/, without '..'");
            return null;
        }

        var path = Path.Join(file.Directory, "files");
        foreach (var part in parts)
        {
            path = Path.Join(path, part);
            if (new FileInfo(path).LinkTarget is not null)
            {
                file.Report(node, $"file {Quoted.Text(node.Value)} is reached through a symbolic link; a pack holds its files themselves");
                return null;
            }
        }

        if (!Path.Exists(path))
        {
            file.Report(node, $"there is no file {Quoted.Text(node.Value)} in the pack's files/");
            return null;
        }

        if (PackTree.Problem(path) is not { } problem)
            return string.Join('/', parts);
        file.Report(node, $"file {Quoted.Text(node.Value)}: {problem}");
        return null;
    }
}
