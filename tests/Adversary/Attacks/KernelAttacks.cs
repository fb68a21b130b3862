using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;
using static HyperSpector.Tests.Adversary.Attacks.Catalogue;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Calls and files that command the one kernel that all share.</summary>
internal static class KernelAttacks
{
    private const string Wall = "MOD-3 MOD-4";
    private const string Program = "kernel.py";

    internal static readonly IReadOnlyList<Attack> All =
    [
        Call("kernel.bpf-map", "make a BPF map", "bpf-map"),
        Call("kernel.bpf-program", "load a BPF program", "bpf-program"),
        Call("kernel.init-module", "load a kernel module", "init-module") with { Present = File.Exists("/proc/modules") },
        Call("kernel.finit-module", "load a kernel module from a file", "finit-module") with { Present = File.Exists("/proc/modules") },
        Call("kernel.delete-module", "unload a kernel module", "delete-module") with { Present = File.Exists("/proc/modules") },
        Call("kernel.kexec", "boot another kernel", "kexec") with { Present = File.Exists("/sys/kernel/kexec_loaded") },
        Call("kernel.iopl", "raise the I/O privilege level", "iopl") with { Present = HasPorts },
        Call("kernel.ioperm", "get access to I/O ports", "ioperm") with { Present = HasPorts },
        Call("kernel.syslog", "read the kernel's log", "syslog"),
        Same("kernel.kallsyms", "learn the addresses of kernel symbols", Wall, Program, "kallsyms"),
        Same("kernel.masked", "read what tells about the machine or the kernel", Wall, Program, "masked"),
        Call("kernel.clock-offset", "move the base's clock (adjtimex)", "clock"),
        Call("kernel.settime", "set the base's clock", "settime"),
        Call("kernel.quota", "command disk quotas", "quota"),
        Call("kernel.key", "add a key to a keyring", "key"),
        Call("kernel.perf", "count events of a process", "perf"),
        Call("kernel.perf-machine", "count events of a whole processor", "perf-machine"),
        Call("kernel.userfaultfd", "hold up the kernel in page faults (userfaultfd)", "userfaultfd"),
        Call("kernel.io-uring", "make calls past the filter (io_uring)", "io-uring"),
        Call("kernel.clone-user", "make a user namespace (clone)", "clone-user"),
        Call("kernel.clone3-user", "make a user namespace (clone3)", "clone3-user"),
        .. new[] { "user", "mnt", "net", "pid", "ipc", "uts", "cgroup", "time" }.Select(
            space => Call($"kernel.unshare-{space}", $"make a {space} namespace", "unshare", space)),
        Call("kernel.vsock", "make a socket to the hypervisor (AF_VSOCK)", "vsock"),
        Call("kernel.families", "make a socket of a rarely used family", "families"),
        Call("kernel.personality", "switch mitigations off (personality)", "personality"),
        Call("kernel.fanotify", "watch every file of a mount (fanotify)", "fanotify"),
        Call("kernel.realtime", "take real-time priority", "realtime"),
        Call("kernel.capabilities", "raise a capability that was not given", "raise-capabilities"),
        Private("kernel.hostname", "rename the host", "hostname", "unshare", "--uts"),
        Private("kernel.domainname", "set the domain name", "domainname", "unshare", "--uts"),
        Private("kernel.nested-hostname", "rename the host in a user namespace of one's own", "nested-hostname"),
        Private("kernel.nested-key", "add a key in a user namespace of one's own", "nested-key"),
        Private("kernel.nested-perf", "count events in a user namespace of one's own", "nested-perf"),
        Private("kernel.nested-userfaultfd", "userfaultfd in a user namespace of one's own", "nested-userfaultfd"),
        Private("kernel.nested-io-uring", "io_uring in a user namespace of one's own", "nested-io-uring"),
        Private("kernel.nested-net-device", "make interfaces in a user namespace of one's own", "nested-net-device"),
        Same("kernel.foreign-abi", "the 32-bit entry of the kernel, past a filter of 64-bit numbers", Wall, "foreign_abi.c") with
        {
            Present = Has32BitEntry,
            // It raises a namespace of its own process only.
            Native = _ => new Trial { Wrapper = ["unshare", "--uts"] },
        },
        Directory("kernel.swap", "use a file as swap space", "swap"),
        Directory("kernel.accounting", "have every process of the machine logged (acct)", "accounting"),
        Directory("kernel.file-capability", "a program whose file grants capabilities", "file-capability"),
        new Attack
        {
            Id = "kernel.reboot",
            What = "reboot",
            Requirements = Wall,
            Program = Program,
            // In a pid namespace, reboot(2) ends the namespace's first process by SIGHUP: what a container may see of it.
            Native = _ => new Trial("reboot")
            {
                Wrapper = ["unshare", "--pid", "--fork"],
                Effect = r => r.Status.ShellCode == 129 ? "the first process was ended by SIGHUP" : null,
            },
            Inside = (_, _) => new Trial("reboot") { Effect = r => r.Status.Succeeded ? null : $"ended: {r.Status}" },
            Expected = "EPERM",
        },
        Knobs("kernel.knobs", "write the kernel's knobs in /proc/sys", "/proc/sys"),
        Knobs("kernel.sysrq", "command the kernel by /proc/sysrq-trigger", "/proc/sysrq-trigger") with
        {
            Present = File.Exists("/proc/sysrq-trigger"),
            Native = _ => new Trial("knobs", "/proc/sys/kernel/sysrq"),
        },
        Knobs("kernel.proc-knobs", "write anything in /proc that belongs to no process", "/proc"),
        Knobs("kernel.sys-knobs", "write anything in /sys", "/sys/kernel", "/sys/module", "/sys/class", "/sys/block", "/sys/devices", "/sys/power",
            "/sys/firmware", "/sys/fs", "/sys/bus"),
        new Attack
        {
            Id = "kernel.cgroup-files",
            What = "change limits or the release agent in the cgroup files",
            Requirements = Wall,
            Program = Program,
            Native = Cgroup,
            Inside = (_, _) => new Trial("cgroup-files", "/sys/fs/cgroup"),
        },
        new Attack
        {
            Id = "kernel.find-key",
            What = "find a key of the base's root in a keyring",
            Requirements = Wall,
            Program = Program,
            Native = FindKey,
            Inside = (s, _) => FindKey(s),
        },
    ];

    private static Attack Call(string id, string what, params string[] arguments) =>
        Same(id, what, Wall, Program, arguments) with { Expected = "EPERM|ENOSYS|EACCES|EAFNOSUPPORT" };

    private static Attack Private(string id, string what, string kind, params string[] wrapper) => Call(id, what, kind) with
    {
        Native = _ => new Trial(kind) { Wrapper = wrapper },
    };

    private static Attack Directory(string id, string what, string kind) => Call(id, what, kind) with
    {
        Native = s => new Trial(kind, s.Scratch()),
        Inside = (_, _) => new Trial(kind, "/tmp"),
    };

    private static Attack Knobs(string id, string what, params string[] roots) => Same(id, what, Wall, Program, ["knobs", .. roots]) with
    {
        // One knob, which gets the value that it has.
        Native = _ => new Trial("knobs", "/proc/sys/kernel/core_pattern"),
    };

    /// <summary>A group of our own, in whichever hierarchy this machine has.</summary>
    private static Trial Cgroup(Scene scene)
    {
        var root = System.IO.Directory.Exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
        var group = $"{root}/hyperspector-attack-{scene.Host.Name}";
        return new Trial("cgroup-files", group)
        {
            Before = () => System.IO.Directory.CreateDirectory(group),
            After = () => System.IO.Directory.Delete(group),
        };
    }

    /// <summary>A key in the user keyring of the base's root.</summary>
    private static Trial FindKey(Scene scene) => new("find-key", "hyperspector-attack")
    {
        Before = () => Tool.RunChecked("/usr/bin/python3", [Programs.PathOf("key.py"), "plant", scene.Base.MemorySecret]),
        After = () => Tool.RunChecked("/usr/bin/python3", [Programs.PathOf("key.py"), "remove"]),
    };

    /// <summary>
    /// getpid by <c>int 0x80</c>: a kernel without 32-bit emulation, or under a hypervisor that has no such gate, ends the process. A
    /// filter has nothing to hold there.
    /// </summary>
    private static bool Has32BitEntry => Tool.Run(
        "/usr/bin/python3",
        [
            "-c",
            """
            import ctypes, mmap
            code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20; int 0x80; ret
            call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
            exit(call() <= 0)
            """,
        ]).Status.Succeeded;

    /// <summary>iopl(0) changes nothing; ENOSYS tells that the kernel was built without it.</summary>
    private static bool HasPorts => Tool.Run(
        "/usr/bin/python3", ["-c", "import ctypes; exit(ctypes.CDLL(None, use_errno=True).syscall(172, 0) != 0)"]).Status.Succeeded;
}
