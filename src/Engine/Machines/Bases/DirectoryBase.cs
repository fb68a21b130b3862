using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Procfs;

namespace HyperSpector.Engine.Machines.Bases;

/// <summary>A directory that holds a whole root file system: seen whole, its submounts in place.</summary>
internal static class DirectoryBase
{
    internal static PreparedBase Prepare(string directory, HostPaths paths)
    {
        var root = PathText.Normal(directory);
        if (NodeStatus.TryOf(root) is not { IsDirectory: true })
            throw new IOException($"base: {root} is not a directory");
        var parts = new List<BasePart> { new("/", [root]) };
        foreach (var mount in Mounts(root, paths))
        {
            parts.Add(new BasePart(
                mount.MountPoint[root.Length..], [mount.MountPoint], NodeStatus.TryOf(mount.MountPoint) is not { IsDirectory: true }));
        }

        return new PreparedBase(Generation(root, paths), parts);
    }

    internal static string Generation(string directory, HostPaths paths)
    {
        var root = PathText.Normal(directory);
        using var hash = new Generation();
        _ = hash.Add("directory 1").Add(root).AddTree(root, "/", 1);
        foreach (var path in (string[])["/etc", "/usr", "/usr/lib", "/usr/bin", "/var/lib/dpkg/status", "/etc/os-release"])
            _ = hash.AddTree(root, path, 1);
        foreach (var mount in Mounts(root, paths))
            _ = hash.Add($"{mount.MountPoint} {mount.Device} {mount.Root}");
        return hash.Finish();
    }

    private static IReadOnlyList<MountInfo> Mounts(string root, HostPaths paths) =>
        LiveMounts.Below(MountInfo.ReadSelf(), root, [paths.Run, paths.State, paths.Cache]);
}
