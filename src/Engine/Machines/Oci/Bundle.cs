using System.Text.Json;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;

namespace HyperSpector.Engine.Machines.Oci;

/// <summary>Writes config.json of a VM's bundle; the bundle is its run directory.</summary>
internal sealed class Bundle(HostPaths paths, SeccompPolicy seccomp, CapabilityPolicy capabilities)
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const ulong CpuPeriod = 100_000;
    private const ulong LargestFileLimit = 1_048_576;
    private const ulong UsualFileLimit = 65_536;

    // Docker's, with what it has added over the years: what tells about the hardware, or is a channel between VMs. So is
    // /proc/pressure: how loaded the whole machine is, with triggers that anybody may set (files of mode 0666).
    private static readonly string[] Masked =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/pressure",
        "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
    ];

    private static readonly string[] ReadOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    private static readonly IReadOnlyList<OciMount> Mounts =
    [
        new("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
        new("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        new("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        new("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        new("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        new("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
        new("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
    ];

    /// <summary>Writes the file.</summary>
    internal void Write(MachinePlan plan, MachineUser user)
    {
        var path = $"{paths.MachineRun(plan.Name)}/config.json";
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(Build(plan, user, OpenFilesLimit()), OciJson.Default.OciSpec));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    internal OciSpec Build(MachinePlan plan, MachineUser user, ulong openFiles)
    {
        var held = capabilities.For(plan.NetAdmin);
        var mapping = new OciIdMapping(0, plan.FirstId, IdRanges.Size);
        return new OciSpec(
            "1.0.2",
            new OciProcess
            {
                User = new OciUser(user.User, user.Group, user.Groups),
                Args = plan.Arguments,
                Env = Environment(plan, user),
                Cwd = plan.WorkingDirectory,
                // Other users than root get them only where a program of the VM carries them: the bounding set.
                Capabilities = user.User == 0 ? new(held, held, held) : new(held, [], []),
                Rlimits = [new("RLIMIT_NOFILE", openFiles, Math.Min(openFiles, UsualFileLimit))],
                // Servers have sudo and the like; an IDS needs no way to gain privilege.
                NoNewPrivileges = plan.Kind == MachineKind.Ids,
            },
            new OciRoot(RootFileSystem.RootOf(paths, plan.Name), false),
            plan.Hostname ?? plan.Name,
            Mounts,
            new OciLinux
            {
                UidMappings = [mapping],
                GidMappings = [mapping],
                Namespaces = [new("pid"), new("mount"), new("ipc"), new("uts"), new("cgroup"), new("network"), new("user")],
                CgroupsPath = paths.CgroupPath(plan.Name),
                Resources = Resources(plan.Resources),
                Sysctl = new Dictionary<string, string>
                {
                    // Servers that start as another user than root may listen on port 80, and ping needs no privilege: as with Docker.
                    ["net.ipv4.ip_unprivileged_port_start"] = "0",
                    ["net.ipv4.ping_group_range"] = "0 65535",
                },
                Seccomp = SeccompProfile.Build(seccomp, plan.SeccompListener, plan.Name),
                MaskedPaths = [.. Masked, .. ThermalThrottle()],
                ReadonlyPaths = ReadOnly,
            });
    }

    private static List<string> Environment(MachinePlan plan, MachineUser user)
    {
        var list = plan.Environment.Select(e => $"{e.Key}={e.Value}").ToList();
        if (!plan.Environment.ContainsKey("PATH"))
            list.Add(DefaultPath);
        if (!plan.Environment.ContainsKey("HOME"))
            list.Add($"HOME={user.Home}");
        if (!plan.Environment.ContainsKey("HOSTNAME"))
            list.Add($"HOSTNAME={plan.Hostname ?? plan.Name}");
        return list;
    }

    private static OciResources Resources(ResourceSpec limits) => new()
    {
        // Everything is denied; the runtime adds /dev/null and its like.
        Devices = [new(false, "rwm")],
        Memory = limits.Memory is { } memory ? new(memory) : null,
        Cpu = limits.Cpus is { } cpus ? new((long)(cpus * CpuPeriod), CpuPeriod) : null,
        Pids = limits.Pids is { } pids ? new(pids) : null,
    };

    // One per processor (Docker masks them since 28.x: they leak other VMs' load through temperature).
    private static IEnumerable<string> ThermalThrottle() =>
        Enumerable.Range(0, System.Environment.ProcessorCount)
            .Select(cpu => $"/sys/devices/system/cpu/cpu{cpu}/thermal_throttle")
            .Where(Directory.Exists);

    // Raising a limit over our own would need CAP_SYS_RESOURCE.
    private static ulong OpenFilesLimit()
    {
        foreach (var line in File.ReadLines("/proc/self/limits"))
        {
            if (!line.StartsWith("Max open files", StringComparison.Ordinal))
                continue;
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return ulong.TryParse(fields[4], out var hard) ? Math.Min(hard, LargestFileLimit) : LargestFileLimit;
        }

        return UsualFileLimit;
    }
}
