using System.Globalization;
using System.Net.Sockets;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;
using static HyperSpector.Tests.Adversary.Attacks.Catalogue;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Ways by which containers have been left: helpers of the kernel, keyrings, holes of OCI runtimes, engines' sockets.</summary>
internal static class EscapeAttacks
{
    private const string Wall = "MOD-3 MOD-4";
    private const string Program = "escapes.py";
    private const string Key = "hyperspector-attack";

    private static readonly string[] Engines =
    [
        "/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/podman/podman.sock",
        "/run/dbus/system_bus_socket", "/run/systemd/private", "/run/udev/control", "/run/systemd/journal/socket", "/run/snapd.socket",
    ];

    // Present where the kernel has control groups of version 1; on a pure version 2 there is no agent.
    private static readonly string? Agent = Directory.Exists("/sys/fs/cgroup")
        ? Directory.EnumerateDirectories("/sys/fs/cgroup").FirstOrDefault(d => File.Exists($"{d}/release_agent")) : null;

    internal static readonly IReadOnlyList<Attack> All =
    [
        .. Knob("core-pattern", "/proc/sys/kernel/core_pattern", "become the handler of every crash on the machine (core_pattern)"),
        .. Knob("modprobe", "/proc/sys/kernel/modprobe", "become the program that loads modules"),
        .. Knob("uevent-helper", "/sys/kernel/uevent_helper", "become the program that the kernel calls for devices"),
        .. Knob("sysrq", "/proc/sysrq-trigger", "command the kernel by SysRq, by any path").Select(a => a with
        {
            Native = _ => new Trial("knob", "/proc/sys/kernel/core_pattern"),
        }),
        Same("escape.release-agent", "become the program that is run when a control group is empty", Wall, Program, "release-agent") with { Present = Agent is not null },
        Same("escape.nested-release-agent", "the same in a user namespace of one's own (CVE-2022-0492)", Wall, Program, "nested-release-agent") with
        {
            Present = Agent is not null,
            // The kernel is mended: what can be shown is that the agent can be set at all.
            Native = _ => new Trial("release-agent"),
        },
        new Attack
        {
            Id = "escape.notify-on-release",
            What = "have the agent called for a control group",
            Requirements = Wall,
            Program = Program,
            Present = Agent is not null,
            Native = Notify,
            Inside = (_, _) => new Trial("notify-on-release"),
        },
        Same("escape.binfmt", "register an interpreter for programs of the machine", Wall, Program, "binfmt", "/tmp") with
        {
            Present = HasBinfmt,
            Native = _ => new Trial("binfmt", "/tmp") { Wrapper = ["unshare", "--mount", "--propagation", "private"] },
        },
        Same("escape.nested-binfmt", "the same in a user namespace of one's own", Wall, Program, "nested-binfmt", "/tmp") with
        {
            Present = HasBinfmt,
            Native = _ => new Trial("binfmt", "/tmp") { Wrapper = ["unshare", "--mount", "--propagation", "private"] },
        },
        Same("escape.masked", "read masked files by other paths, through descriptors, or in a race", Wall, Program, "masked", "keys", "kcore", "timer_list", "interrupts"),
        Same("escape.nested-masked", "the same in a procfs of one's own", Wall, Program, "nested-masked", "keys", "timer_list"),
        new Attack
        {
            Id = "escape.engine-sockets",
            What = "speak to a container engine, or to the base's init",
            Requirements = Wall,
            Program = Program,
            Native = Engine,
            Inside = (s, _) => new Trial(["runtime-sockets", .. Engines, $"{s.Host.Paths.Run}/hyperspectord.sock"]),
        },
        new Attack
        {
            Id = "escape.runtime-program",
            What = "overwrite the OCI runtime's program while it enters the VM (CVE-2019-5736)",
            Requirements = Wall,
            Program = Program,
            Native = s =>
            {
                var copy = $"{s.Scratch()}/runtime";
                File.Copy("/usr/bin/sleep", copy);
                return new Trial("runtime-program", "1", copy);
            },
            Inside = Entered,
            Expected = "saw [1-9]",
        },
        WithKey("escape.request-key", "have the kernel look for the base's key by its name", _ => new Trial("request-key", Key)),
        WithKey("escape.key-by-serial", "read the base's key by its number", serial => new Trial("key-by-serial", serial)),
        Same("escape.session-keyring", "join a session keyring by its name", Wall, Program, "join-session"),
        Same("escape.persistent-keyring", "get a user's persistent keyring", Wall, Program, "persistent-keyring") with { Present = File.Exists("/proc/sys/kernel/keys/persistent_keyring_expiry") },
    ];

    private static bool HasBinfmt => File.ReadLines("/proc/filesystems").Any(l => l.EndsWith("\tbinfmt_misc", StringComparison.Ordinal));

    /// <summary>A knob of the kernel that names a program, which the kernel then runs as the base's root.</summary>
    private static IEnumerable<Attack> Knob(string id, string path, string what)
    {
        var attack = Same($"escape.{id}", what, Wall, Program, "knob", path) with { Present = File.Exists(path) };
        yield return attack;
        yield return attack with
        {
            Id = $"escape.nested-{id}",
            What = $"{what}, in a user namespace of one's own",
            Inside = (_, _) => new Trial("nested-knob", path),
        };
    }

    private static Trial Notify(Scene scene)
    {
        var group = $"{Agent}/hyperspector-attack-{scene.Host.Name}";
        return new Trial("notify-on-release", group)
        {
            Before = () => Directory.CreateDirectory(group),
            After = () => Directory.Delete(group),
        };
    }

    /// <summary>A socket as an engine would have it.</summary>
    private static Trial Engine(Scene scene)
    {
        var path = $"{scene.Scratch()}/engine.sock";
        var door = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        door.Bind(new UnixDomainSocketEndPoint(path));
        door.Listen();
        return new Trial("runtime-sockets", path) { After = door.Dispose };
    }

    /// <summary>Meanwhile the administrator enters, and by bad luck runs what the attacker has put in the place of a program: the runtime itself.</summary>
    private static Trial Entered(Scene scene, Place place)
    {
        Thread? enters = null;
        return new Trial("runtime-program", "5")
        {
            Before = () =>
            {
                enters = new Thread(() =>
                {
                    for (var i = 0; i < 6; i++)
                    {
                        Thread.Sleep(500);
                        _ = scene.Host.Exec(place.Name, "/proc/self/exe", "--version");
                    }
                });
                enters.Start();
            },
            After = () => enters!.Join(),
        };
    }

    /// <summary>With a key in the user keyring of the base's root.</summary>
    private static Attack WithKey(string id, string what, Func<string, Trial> trial)
    {
        Trial Planted(Scene scene)
        {
            var serial = Tool.RunChecked("/usr/bin/python3", [Programs.PathOf("key.py"), "plant", scene.Base.MemorySecret]).Trim();
            return trial(int.Parse(serial, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)) with
            {
                After = () => Tool.RunChecked("/usr/bin/python3", [Programs.PathOf("key.py"), "remove"]),
            };
        }

        return new() { Id = id, What = what, Requirements = Wall, Program = Program, Native = Planted, Inside = (s, _) => Planted(s) };
    }
}
