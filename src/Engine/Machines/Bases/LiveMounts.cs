using HyperSpector.Linux.Procfs;

namespace HyperSpector.Engine.Machines.Bases;

/// <summary>The host's mounts below a live subtree: each becomes a part of its own, since a clone of a mount ends where they begin.</summary>
internal static class LiveMounts
{
    // Interfaces of the kernel, not files: a VM has its own, or none.
    private static readonly HashSet<string> Interfaces =
    [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs", "fusectl",
        "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs", "tracefs",
    ];

    /// <summary>Mounts strictly below <paramref name="directory"/>, outer ones first; of several at one place the top one.</summary>
    internal static IReadOnlyList<MountInfo> Below(IReadOnlyList<MountInfo> mounts, string directory, IReadOnlyList<string> except) =>
    [
        .. mounts
            .Where(m => m.MountPoint != directory && m.IsWithin(directory) && !Interfaces.Contains(m.Type))
            .Where(m => !except.Any(e => PathText.IsWithin(m.MountPoint, e)))
            .GroupBy(m => m.MountPoint, StringComparer.Ordinal)
            .Select(g => g.Last())
            .OrderBy(m => m.MountPoint.Length),
    ];

    /// <summary>The mount that a path lies in.</summary>
    internal static MountInfo Of(IReadOnlyList<MountInfo> mounts, string path) =>
        mounts.Where(m => PathText.IsWithin(path, m.MountPoint)).GroupBy(m => m.MountPoint.Length).MaxBy(g => g.Key)!.Last();
}
