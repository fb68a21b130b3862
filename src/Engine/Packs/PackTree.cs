using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Packs;

/// <summary>The files behind one row of a pack's <c>files:</c>: itself, or all below it when it is a directory.</summary>
internal static class PackTree
{
    /// <summary>The files with their paths relative to <paramref name="path"/> (empty for the file itself), sorted.</summary>
    internal static IReadOnlyList<(string Relative, string Path)> Files(string path)
    {
        if (File.Exists(path))
            return [("", path)];
        var files = new List<(string, string)>();
        Collect(new DirectoryInfo(path), "", files, depth: 0);
        return files;
    }

    /// <summary>One line about what keeps the files from being taken over; null when nothing does.</summary>
    internal static string? Problem(string path)
    {
        try
        {
            var files = Files(path);
            if (files.Count > ConfigurationLimits.PackFiles)
                return $"more than {ConfigurationLimits.PackFiles} files";
            foreach (var (relative, file) in files)
            {
                var info = new FileInfo(file);
                if (info.LinkTarget is not null)
                    return $"{Quoted.Text(relative)} is a symbolic link; a pack holds its files themselves";
                if (info.Length > ConfigurationLimits.PackFileBytes)
                    return $"{Quoted.Text(relative)} is larger than {ConfigurationLimits.PackFileBytes >> 20} MiB";
                if (TextProblem(file) is { } problem)
                    return relative.Length == 0 ? problem : $"{Quoted.Text(relative)}: {problem}";
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {Quoted.Text(failure.Message)}";
        }

        return null;
    }

    private static string? TextProblem(string path)
    {
        try
        {
            return PackTemplate.Problem(PackInstall.Read(path));
        }
        catch (IOException failure)
        {
            return failure.Message;
        }
    }

    private static void Collect(DirectoryInfo directory, string prefix, List<(string, string)> files, int depth)
    {
        if (depth > ConfigurationLimits.Depth)
            throw new IOException("nested too deep");
        foreach (var entry in directory.GetFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var relative = prefix + entry.Name;
            if (entry is DirectoryInfo { LinkTarget: null } child)
                Collect(child, relative + "/", files, depth + 1);
            else
                files.Add((relative, entry.FullName));
            if (files.Count > ConfigurationLimits.PackFiles)
                return;
        }
    }
}
