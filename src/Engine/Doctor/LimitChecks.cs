using System.Globalization;
using HyperSpector.Api.Messages;

namespace HyperSpector.Engine.Doctor;

/// <summary>Limits of the host that are met before its memory or processors are used up.</summary>
internal static class LimitChecks
{
    internal static readonly IReadOnlyList<Check> Table =
    [
        new("limit.open-files", DoctorLevel.Recommended, "the daemon runs out of descriptors with many VMs", "ulimit -n 65536, or LimitNOFILE= of its service",
            _ => OpenFiles()),
        new("limit.user-namespaces", DoctorLevel.Recommended, "only so many VMs can be started", "sysctl -w user.max_user_namespaces=15000",
            _ => Least("/proc/sys/user/max_user_namespaces", 64)),
        new("limit.network-namespaces", DoctorLevel.Recommended, "only so many VMs can be started", "sysctl -w user.max_net_namespaces=15000",
            _ => Least("/proc/sys/user/max_net_namespaces", 64)),
        new("limit.inotify", DoctorLevel.Recommended, "readers of IDS outputs poll", "sysctl -w fs.inotify.max_user_instances=512",
            _ => Least("/proc/sys/fs/inotify/max_user_instances", 64)),
        new("limit.keys", DoctorLevel.Optional, "the runtime makes a key ring for each VM and may be refused", "sysctl -w kernel.keys.root_maxkeys=1000000",
            _ => Least("/proc/sys/kernel/keys/root_maxkeys", 1000)),
        new("limit.memory", DoctorLevel.Recommended, "an IDS such as Suricata needs some 300 MiB", "free some memory, or give the machine more", _ => Memory()),
    ];

    private static Finding Least(string path, long wanted)
    {
        if (!long.TryParse(DoctorScene.ReadLine(path), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return Finding.Unknown($"{path} cannot be read");
        return value >= wanted ? Finding.Ok($"{value}") : Finding.Missing($"{value}; at least {wanted} are wanted");
    }

    private static Finding OpenFiles()
    {
        // Max open files            1024                 1048576              files
        var line = DoctorScene.ReadLine("/proc/self/limits")?.Split('\n').FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var hard = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(4);
        if (hard == "unlimited")
            return Finding.Ok(hard);
        if (!long.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return Finding.Unknown("/proc/self/limits cannot be read");
        return value >= 4096 ? Finding.Ok($"{value}") : Finding.Missing($"{value}; at least 4096 are wanted");
    }

    private static Finding Memory()
    {
        var line = DoctorScene.ReadLine("/proc/meminfo")?.Split('\n').FirstOrDefault(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal));
        if (!long.TryParse(line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1), NumberStyles.None, CultureInfo.InvariantCulture, out var kib))
            return Finding.Unknown("/proc/meminfo cannot be read");
        var text = $"{kib / 1024} MiB available";
        return kib >= 512 * 1024 ? Finding.Ok(text) : Finding.Missing($"{text}; 512 MiB are wanted");
    }
}
