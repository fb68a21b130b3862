using System.Globalization;
using System.Text.Json;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;

namespace HyperSpector.Engine.Machines.Oci;

/// <summary>Writes config.json of a VM's bundle; the bundle is its run directory.</summary>
internal sealed class Bundle(HostPaths paths, MachinePolicies policies, CgroupSupport cgroups)
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const string SharedMemoryPath = "/dev/shm";
    private const ulong CpuPeriod = 100_000;

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
        new("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        new("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
        new("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
    ];

    /// <summary>Writes the file.</summary>
    internal void Write(MachinePlan plan, MachineUser user)
    {
        OwnLimits.Check(plan, policies.Ulimits);
        var path = $"{paths.MachineRun(plan.Name)}/config.json";
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(Build(plan, user, OwnLimits.OpenFiles), OciJson.Default.OciSpec));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    internal OciSpec Build(MachinePlan plan, MachineUser user, ulong openFiles)
    {
        var held = policies.Capabilities.For(plan);
        var devices = policies.Devices.For(plan);
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
                Rlimits = Limits(plan, openFiles),
                // Servers have sudo and the like; an IDS needs no way to gain privilege.
                NoNewPrivileges = plan.Kind == MachineKind.Ids,
            },
            new OciRoot(RootFileSystem.RootOf(paths, plan.Name), false),
            plan.Hostname ?? plan.Name,
            [.. Mounts, SharedMemory(plan), .. devices.Select(d => Node(plan, d))],
            new OciLinux
            {
                UidMappings = [mapping],
                GidMappings = [mapping],
                Namespaces = [new("pid"), new("mount"), new("ipc"), new("uts"), new("cgroup"), new("network"), new("user")],
                CgroupsPath = paths.CgroupPath(plan.Name),
                Resources = Resources(plan, devices),
                Sysctl = new Dictionary<string, string>
                {
                    // Servers that start as another user than root may listen on port 80, and ping needs no privilege: as with Docker.
                    ["net.ipv4.ip_unprivileged_port_start"] = "0",
                    ["net.ipv4.ping_group_range"] = "0 65535",
                },
                Seccomp = SeccompProfile.Build(policies.Seccomp, plan.SeccompListener, plan.Name),
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

    // What the plan does not name: as many open files as we may have ourselves.
    private List<OciLimit> Limits(MachinePlan plan, ulong openFiles)
    {
        var limits = plan.Ulimits.Select(l => new OciLimit(policies.Ulimits.For(plan, l).Resource, l.Hard, l.Soft)).ToList();
        if (!limits.Any(l => l.Type == "RLIMIT_NOFILE"))
            limits.Add(new("RLIMIT_NOFILE", openFiles, Math.Min(openFiles, OwnLimits.UsualFiles)));
        return limits;
    }

    private static OciMount SharedMemory(MachinePlan plan)
    {
        const long usual = 64 << 20;
        var size = plan.Tmpfs.FirstOrDefault(t => t.Target == SharedMemoryPath)?.Size ?? usual;
        return new(SharedMemoryPath, "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", $"size={size}"]);
    }

    private OciMount Node(MachinePlan plan, DeviceRow device) =>
        new(device.Path, "bind", DeviceNodes.PathOf(paths, plan.Name, device), ["bind", "nosuid", "noexec"]);

    private OciResources Resources(MachinePlan plan, IReadOnlyList<DeviceRow> devices)
    {
        var limits = plan.Resources;
        return new()
        {
            // Everything is denied; the runtime adds /dev/null and its like.
            Devices =
            [
                new(false, "rwm"),
                .. devices.Select(d => new OciDevice(true, "rw") { Type = "c", Major = d.Major, Minor = d.Minor }),
            ],
            // The runtime makes of a reservation what there is: memory.soft_limit_in_bytes, or memory.low.
            Memory = limits.Memory is null && limits.MemoryReservation is null
                ? null
                : new(limits.Memory) { Reservation = limits.MemoryReservation },
            Cpu = Cpu(limits),
            Pids = limits.Pids is { } pids ? new(pids) : null,
            BlockIo = limits.IoWeight is { } weight && !cgroups.Unified ? new((ushort)weight) : null,
            Unified = cgroups.Unified ? Weights(plan) : null,
        };
    }

    private OciCpu? Cpu(ResourceSpec limits)
    {
        // Version 1 counts shares of 1024, version 2 weights of 100: what the runtime would make of shares there differs by its version.
        ulong? shares = !cgroups.Unified && limits.CpuWeight is { } weight ? Math.Clamp((ulong)weight * 1024 / 100, 2, 262_144) : null;
        if (limits.Cpus is null && shares is null)
            return null;
        return limits.Cpus is { } cpus
            ? new((long)(cpus * CpuPeriod), CpuPeriod) { Shares = shares }
            : new(null, null) { Shares = shares };
    }

    private Dictionary<string, string>? Weights(MachinePlan plan)
    {
        var files = new Dictionary<string, string>();
        if (plan.Resources.CpuWeight is { } cpu)
            files["cpu.weight"] = cpu.ToString(CultureInfo.InvariantCulture);
        if (plan.Resources.IoWeight is { } io && cgroups.IoWeightFile is { } file)
            files[file] = io.ToString(CultureInfo.InvariantCulture);
        return files.Count == 0 ? null : files;
    }

    // One per processor (Docker masks them since 28.x: they leak other VMs' load through temperature).
    private static IEnumerable<string> ThermalThrottle() =>
        Enumerable.Range(0, System.Environment.ProcessorCount)
            .Select(cpu => $"/sys/devices/system/cpu/cpu{cpu}/thermal_throttle")
            .Where(Directory.Exists);
}
