namespace HyperSpector.Engine.Machines.Bases;

/// <summary>Absolute paths as text.</summary>
internal static class PathText
{
    /// <summary>True for the directory itself and everything below it.</summary>
    internal static bool IsWithin(string path, string directory) =>
        directory == "/" || path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal);

    /// <summary>
    /// The name of a part's directories: <c>/</c> becomes <c>@</c>, <c>/usr/local</c> becomes <c>@usr@local</c>; no two paths share
    /// one.
    /// </summary>
    internal static string PartName(string mount) =>
        mount == "/" ? "@" : mount.Replace("%", "%25", StringComparison.Ordinal).Replace("@", "%40", StringComparison.Ordinal)
            .Replace('/', '@');

    /// <summary>The place that a part's name stands for: the inverse of <see cref="PartName"/>.</summary>
    internal static string MountOf(string partName) =>
        partName == "@" ? "/" : partName.Replace('@', '/').Replace("%40", "@", StringComparison.Ordinal)
            .Replace("%25", "%", StringComparison.Ordinal);

    /// <summary>The path without doubled slashes and a trailing one.</summary>
    /// <exception cref="IOException">It is not absolute, or has <c>.</c> or <c>..</c> in it.</exception>
    internal static string Normal(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (!path.StartsWith('/') || parts.Any(p => p is "." or "..") || path.Contains('\0', StringComparison.Ordinal))
            throw new IOException($"{path}: an absolute path without . and .. is needed");
        return "/" + string.Join('/', parts);
    }
}
