using HyperSpector.Api.Messages;
using HyperSpector.Linux.Probing;

namespace HyperSpector.Engine.Doctor;

/// <summary>Features of the kernel that have nothing to do with files or networks.</summary>
internal static class KernelChecks
{
    private const string NewerKernel = "boot a kernel of at least 6.1 (Debian 12's is one)";

    private static readonly string[] Kinds = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];

    internal static readonly IReadOnlyList<Check> Table =
    [
        new("privilege.root", DoctorLevel.Required, "the daemon cannot make VMs", "run as root: sudo hyperspector doctor",
            s => s.IsRoot ? Finding.Ok("root with CAP_SYS_ADMIN") : Finding.Unknown("not root: the checks that need it were left out")),
        new("kernel.version", DoctorLevel.Required, "features that this is built on are missing or untested", NewerKernel, _ => Version()),
        new("kernel.namespaces", DoctorLevel.Required, "VMs cannot be kept apart",
            "enable CONFIG_NAMESPACES with UTS_NS, IPC_NS, USER_NS, PID_NS, NET_NS and CONFIG_CGROUPS", _ => Namespaces()),
        new("kernel.user-namespaces", DoctorLevel.Required, "root of a VM would be root of the host",
            "sysctl -w user.max_user_namespaces=15000; CONFIG_USER_NS=y", UserNamespace) { NeedsRoot = true },
        new("kernel.seccomp-notify", DoctorLevel.Required, "the opening of a capture would go unnoticed: the mirror would have to copy always",
            "enable CONFIG_SECCOMP_FILTER", _ => Finding.Of(Probe.TrySeccompNotify(), "user notification is there")),
        new("kernel.seccomp-sync-wake", DoctorLevel.Optional, "answering a trapped call takes some 58 instead of 6.5 µs",
            "boot a kernel of at least 6.6", _ => AtLeast(new Version(6, 6))),
        new("kernel.landlock", DoctorLevel.Recommended, "our own processes that read what a VM wrote are confined by seccomp and user id alone",
            "enable CONFIG_SECURITY_LANDLOCK and boot with lsm=landlock,…", _ => Landlock()),
        new("kernel.bpf", DoctorLevel.Required, "no frame can be copied to a mirror port", "enable CONFIG_BPF_SYSCALL and CONFIG_NET_CLS_BPF",
            _ => Finding.Of(Probe.TryBpfProgram(), "a traffic-control program loads")) { NeedsRoot = true },
        new("kernel.bpf-mmap", DoctorLevel.Required, "a capture could be switched on by the daemon only, not while it is down", NewerKernel,
            _ => Finding.Of(Probe.TryBpfMap(), "a map can be mapped into memory")) { NeedsRoot = true },
        new("kernel.bpf-btf", DoctorLevel.Optional, "tracing of whole server VMs is not possible", "enable CONFIG_DEBUG_INFO_BTF",
            _ => Exists("/sys/kernel/btf/vmlinux")),
        new("kernel.bpf-jit", DoctorLevel.Recommended, "copying a frame costs several times as much", "sysctl -w net.core.bpf_jit_enable=1", _ => Jit()),
        new("kernel.io-uring", DoctorLevel.Optional, "FUSE requests cannot travel over io_uring", "sysctl -w kernel.io_uring_disabled=0",
            _ => Finding.Of(Probe.TryIoUring(), "a ring can be made")),
        new("kernel.pressure", DoctorLevel.Optional, "how much a VM suffers from others is not shown", "enable CONFIG_PSI, boot with psi=1",
            _ => Exists("/proc/pressure/memory")),
    ];

    private static Finding Version() => AtLeast(new Version(6, 1));

    private static Finding AtLeast(Version wanted)
    {
        var running = System.Environment.OSVersion.Version;
        var release = DoctorScene.ReadLine("/proc/sys/kernel/osrelease") ?? running.ToString();
        return running >= wanted ? Finding.Ok(release) : Finding.Missing($"{release}, older than {wanted}");
    }

    private static Finding Namespaces()
    {
        var missing = Kinds.Where(n => !Path.Exists($"/proc/self/ns/{n}")).ToList();
        return missing.Count == 0 ? Finding.Ok(string.Join(", ", Kinds)) : Finding.Missing($"no {string.Join(", ", missing)}");
    }

    private static Finding UserNamespace(DoctorScene scene)
    {
        if (DoctorScene.ReadLine("/proc/sys/user/max_user_namespaces") == "0")
            return Finding.Missing("user.max_user_namespaces is 0");
        _ = scene.UserNamespace;
        return Finding.Ok("one with 65536 ids was made");
    }

    private static Finding Landlock() => Probe.LandlockAbi() is var abi and > 0 ? Finding.Ok($"version {abi}") : Finding.Missing("not enabled");

    private static Finding Jit() => DoctorScene.ReadLine("/proc/sys/net/core/bpf_jit_enable") switch
    {
        "0" => Finding.Missing("net.core.bpf_jit_enable is 0"),
        null => Finding.Unknown("the kernel does not tell"),
        var value => Finding.Ok($"net.core.bpf_jit_enable is {value}"),
    };

    private static Finding Exists(string path) => Path.Exists(path) ? Finding.Ok(path) : Finding.Missing($"there is no {path}");
}
