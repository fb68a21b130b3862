namespace HyperSpector.Engine.Configuration;

/// <summary>Paths inside a VM.</summary>
internal static class MachinePath
{
    // What we or the kernel put there: a volume over, at or below it would blind an IDS, or break the VM.
    private static readonly string[] Ours = ["/proc", "/sys", "/dev", "/.serverfs", "/.dserverfs", "/run/hyperspector"];

    /// <summary>An absolute path without <c>.</c>, <c>..</c>, doubled slashes or control characters; null and a problem otherwise.</summary>
    internal static string? Read(SourceFile file, Node node, string what) =>
        Values.Text(file, node, what) is { } text ? Check(file, node, text, what) : null;

    /// <summary>As <see cref="Read"/>, for a part of a node's text.</summary>
    internal static string? Check(SourceFile file, Node at, string path, string what)
    {
        if (!path.StartsWith('/'))
        {
            file.Report(at, $"{what} {Quoted.Text(path)} must be an absolute path inside the VM");
            return null;
        }

        if (path.Split('/').Any(p => p is "." or "..") || path.Any(char.IsControl))
        {
            file.Report(at, $"{what} {Quoted.Text(path)} must not hold '.', '..' or control characters");
            return null;
        }

        return "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>A path that something of the user's may be put at.</summary>
    internal static string? CheckTarget(SourceFile file, Node at, string path, string what)
    {
        if (Check(file, at, path, what) is not { } target)
            return null;
        if (target == "/")
        {
            file.Report(at, $"{what} '/' would hide the whole VM; to choose its file system use 'base'");
            return null;
        }

        if (Ours.FirstOrDefault(o => IsAtOrBelow(target, o) || IsAtOrBelow(o, target)) is not { } ours)
            return target;
        file.Report(at, $"{what} {Quoted.Text(target)} would hide {ours}, which HyperSpector provides");
        return null;
    }

    /// <summary>Is <paramref name="path"/> <paramref name="directory"/> or in it?</summary>
    internal static bool IsAtOrBelow(string path, string directory) =>
        path == directory || directory == "/" || path.StartsWith(directory + "/", StringComparison.Ordinal);
}
