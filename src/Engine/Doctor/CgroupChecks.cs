using HyperSpector.Api.Messages;

namespace HyperSpector.Engine.Doctor;

/// <summary>Control groups, of either version, by the mounts that runc looks at.</summary>
internal static class CgroupChecks
{
    internal static readonly IReadOnlyList<Check> Table =
    [
        new("cgroup.version", DoctorLevel.Required, "VMs cannot be started", "mount -t cgroup2 none /sys/fs/cgroup (systemd does so)", _ => Version()),
        Controller("cpu", DoctorLevel.Recommended, "'resources: cpus' has no effect", "CONFIG_CFS_BANDWIDTH"),
        Controller("memory", DoctorLevel.Recommended, "'resources: memory' has no effect: a VM can use up the host's memory", "CONFIG_MEMCG"),
        Controller("pids", DoctorLevel.Recommended, "'resources: pids' has no effect: a VM can fork without limit", "CONFIG_CGROUP_PIDS"),
        Controller("freezer", DoctorLevel.Optional, "a server cannot be slowed down for a lossless trace", "CONFIG_CGROUP_FREEZER"),
    ];

    private static Check Controller(string name, DoctorLevel level, string lost, string option) =>
        new($"cgroup.{name}", level, lost, $"enable {option}; on cgroup v2 let the root delegate it: echo +{name} > /sys/fs/cgroup/cgroup.subtree_control",
            _ => Find(name));

    private static Finding Version()
    {
        var mounts = Mounts();
        var two = mounts.Where(m => m.Type == "cgroup2").Select(m => m.Path).ToList();
        var one = mounts.Where(m => m.Type == "cgroup").ToList();
        return (two.Count, one.Count) switch
        {
            (0, 0) => Finding.Missing("no cgroup hierarchy is mounted"),
            (_, 0) => Finding.Ok($"v2 at {two[0]}"),
            (0, _) => Finding.Ok($"v1, {one.Count} hierarchies"),
            _ => Finding.Ok($"hybrid: {one.Count} v1 hierarchies, v2 at {two[0]}"),
        };
    }

    private static Finding Find(string controller)
    {
        foreach (var (type, path, options) in Mounts())
        {
            if (type == "cgroup" && options.Contains(controller))
                return Finding.Ok($"v1 at {path}");
            // The freezer of v2 is no controller: every group has one.
            if (type == "cgroup2" && (controller == "freezer"
                ? File.Exists(Path.Join(path, "cgroup.controllers"))
                : DoctorScene.ReadLine(Path.Join(path, "cgroup.controllers"))?.Split(' ').Contains(controller) == true))
                return Finding.Ok($"v2 at {path}");
        }

        return Finding.Missing("in no mounted hierarchy");
    }

    // proc(5), mountinfo: … mount point, options, optional fields, "-", type, source, super options.
    private static List<(string Type, string Path, string[] Options)> Mounts() =>
    [
        .. File.ReadLines("/proc/self/mountinfo").Select(l => l.Split(' '))
            .Select(f => (Fields: f, Dash: Array.IndexOf(f, "-")))
            .Where(f => f.Dash > 0 && f.Fields.Length > f.Dash + 3 && f.Fields[f.Dash + 1] is "cgroup" or "cgroup2")
            .Select(f => (f.Fields[f.Dash + 1], f.Fields[4], f.Fields[f.Dash + 3].Split(','))),
    ];
}
