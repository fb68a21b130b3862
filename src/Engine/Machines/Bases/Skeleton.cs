using System.Text;
using System.Text.RegularExpressions;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Machines.Bases;

/// <summary>
/// Makes the lower layer of <c>/</c> for <c>base: host</c>: a tree that holds only what the policy allows. Secrets are not hidden in
/// it, they are not there.
/// </summary>
internal sealed partial class Skeleton(BasePolicy policy, string hostRoot, string target)
{
    private const int LargestFile = 64 * 1024 * 1024;
    private readonly HashSet<string> _made = ["/"];

    /// <summary>Builds the whole tree. <paramref name="allow"/>: paths that the user adds; <paramref name="live"/>: mount points.</summary>
    internal void Build(IReadOnlyList<string> allow, IReadOnlyList<string> live)
    {
        _ = Directory.CreateDirectory(target);
        Nodes.SetMode(target, 0x1ED /* 0755 */);
        foreach (var row in policy.Directories)
            MakeDirectory(row);
        foreach (var mount in live)
            MakeLivePoint(mount);
        foreach (var row in policy.Links)
            MakeLink(row.Path, row.Target);
        foreach (var row in policy.Copy)
            Copy(row.Path);
        foreach (var path in allow)
            Copy(path);
        if (policy.Pristine.Enabled)
            CopyPristine();
        foreach (var path in Conffiles.PackageDirectories(hostRoot, [.. policy.PackageDirectories.Select(r => r.Path)]))
            MakeParents(path + "/.");
        WriteLockedAccounts("passwd", "shadow", "{0}:*:19000:0:99999:7:::\n");
        WriteLockedAccounts("group", "gshadow", "{0}:*::\n");
    }

    /// <summary>Copies a file, a link or a tree, as far as the policy lets it.</summary>
    internal void Copy(string path)
    {
        if (policy.Forbidden(path) is not null || NodeStatus.TryOf(hostRoot + path) is not { } status)
            return;
        if (status.IsLink)
        {
            MakeParents(path);
            MakeLink(path, new FileInfo(hostRoot + path).LinkTarget!);
            if (File.Exists(target + path) || Path.Exists(target + path))
                Nodes.Own(target + path, status.User, status.Group);
        }
        else if (status.IsDirectory && status.IsWorldReadable)
        {
            MakeParents(path + "/.");
            foreach (var entry in new DirectoryInfo(hostRoot + path).EnumerateFileSystemInfos())
                Copy($"{path}/{entry.Name}");
            Nodes.CopyAttributes(status, target + path);
        }
        else if (status.IsRegular && status.IsWorldReadable && status.Size <= LargestFile && !policy.IsSecretName(path))
        {
            var content = File.ReadAllBytes(hostRoot + path);
            if (!HasSecret(path, content))
                Write(path, content, status);
        }
    }

    /// <summary>True for content that no VM may read.</summary>
    internal bool HasSecret(string path, byte[] content)
    {
        if (policy.SecretTexts.Any(row => content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(row.Pattern)) >= 0))
            return true;
        return PathText.IsWithin(path, policy.SecretUrls.Below) && PasswordUrl().IsMatch(Encoding.UTF8.GetString(content));
    }

    private void CopyPristine()
    {
        foreach (var (path, md5) in Conffiles.Read(hostRoot))
        {
            if (policy.Forbidden(path) is not null || Path.Exists(target + path)
                || NodeStatus.TryOf(hostRoot + path) is not { IsRegular: true, IsWorldReadable: true, Size: <= LargestFile } status)
            {
                continue;
            }

            var content = File.ReadAllBytes(hostRoot + path);
            if (Conffiles.Md5(content) == md5)
                Write(path, content, status);
        }
    }

    private void Write(string path, byte[] content, NodeStatus status)
    {
        MakeParents(path);
        if (Path.Exists(target + path))
            File.Delete(target + path);
        File.WriteAllBytes(target + path, content);
        Nodes.CopyAttributes(status, target + path);
    }

    private void MakeDirectory(PathRow row)
    {
        MakeParents(row.Path + "/.");
        if (row.Mode is { } mode)
            Nodes.SetMode(target + row.Path, Convert.ToUInt32(mode, 8));
    }

    // /bin -> usr/bin stays the link it is; a directory becomes the mount point of its part.
    private void MakeLivePoint(string mount)
    {
        if (NodeStatus.TryOf(hostRoot + mount) is not { } status)
            return;
        MakeParents(mount);
        if (status.IsLink)
            MakeLink(mount, new FileInfo(hostRoot + mount).LinkTarget!);
        else if (status.IsDirectory)
            MakeParents(mount + "/.");
    }

    private void MakeLink(string path, string to)
    {
        MakeParents(path);
        if (NodeStatus.TryOf(target + path) is null)
            _ = File.CreateSymbolicLink(target + path, to);
    }

    // Parents look as on the host, where they exist there as directories.
    private void MakeParents(string path)
    {
        var parent = Path.GetDirectoryName(path)!;
        if (!_made.Add(parent))
            return;
        MakeParents(parent);
        if (NodeStatus.TryOf(target + parent) is not null)
            return;
        _ = Directory.CreateDirectory(target + parent);
        if (NodeStatus.TryOf(hostRoot + parent) is { IsDirectory: true } status)
            Nodes.CopyAttributes(status, target + parent);
        else
            Nodes.SetMode(target + parent, 0x1ED /* 0755 */);
    }

    private void WriteLockedAccounts(string names, string secrets, string line)
    {
        var source = $"{target}/etc/{names}";
        if (!File.Exists(source))
            return;
        var text = new StringBuilder();
        foreach (var entry in File.ReadLines(source))
        {
            var name = entry.Split(':')[0];
            if (name.Length > 0 && !name.StartsWith('#') && !name.StartsWith('+'))
                _ = text.Append(line.Replace("{0}", name, StringComparison.Ordinal));
        }

        var path = $"{target}/etc/{secrets}";
        File.WriteAllText(path, text.ToString());
        // The group that may read it on this host (shadow), else nobody but root.
        var group = NodeStatus.TryOf($"{hostRoot}/etc/{secrets}")?.Group ?? 0;
        Nodes.Own(path, NodeStatus.TryOf(source)!.User, group);
        Nodes.SetMode(path, 0x1A0 /* 0640 */);
    }

    [GeneratedRegex(@"://[^\s/:@]+:[^\s/@]+@", RegexOptions.NonBacktracking)]
    private static partial Regex PasswordUrl();
}
