using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Changing what the file system tree consists of; the controls run in a mount namespace of their own.</summary>
internal static class MountAttacks
{
    private const string Wall = "MOD-3 MOD-4 IDS-2 SRV-1";

    internal static readonly IReadOnlyList<Attack> All =
    [
        .. new[] { "proc", "sysfs", "tmpfs", "devpts", "mqueue", "debugfs", "tracefs", "bpf", "fusectl" }
            .Where(IsKnown).Select(t => Mount($"mount.{t}", $"mount {t}", "type", t)),
        Mount("mount.any", "mount any type of file system that the kernel knows", "any-type"),
        Mount("mount.cgroup", "mount a cgroup hierarchy", "cgroup"),
        Mount("mount.overlay", "mount an overlay", "overlay"),
        Mount("mount.remount-rw", "make a read-only mount writable", "remount-rw", Inside("/proc/sys", "/sys", "/proc/bus", "/", "/usr")),
        Mount("mount.umount", "take away a mount that hides something", "umount"),
        Mount("mount.move", "move a mount", "move"),
        Mount("mount.propagation", "make mounts appear elsewhere (propagation)", "propagation"),
        Mount("mount.new-api", "mount by fsopen, fsmount, move_mount", "new-api"),
        Mount("mount.clone-tree", "clone a tree of mounts (open_tree)", "clone-tree"),
        Mount("mount.setattr", "make a read-only mount writable (mount_setattr)", "mount-setattr"),
        Mount("mount.pivot-root", "change the root file system", "pivot-root"),
        Bind("mount.bind", "bind-mount a directory", "bind"),
        Bind("mount.nested-bind", "bind-mount in a user namespace of one's own", "nested-bind"),
        .. new[] { "overlay", "umount", "new-api", "cgroup", "pivot-root", "remount-rw" }.Select(
            k => Mount($"mount.nested-{k}", $"{k} in a user namespace of one's own", $"nested-{k}", k == "remount-rw" ? Inside("/proc/sys", "/") : [])),
        Mount("mount.nested-tmpfs", "mount tmpfs in a user namespace of one's own", "nested-type", "tmpfs"),
        Mount("mount.nested-sysfs", "mount sysfs in a user namespace of one's own", "nested-type", "sysfs"),
        new Attack
        {
            Id = "mount.block",
            What = "mount a block device of the base",
            Requirements = Wall,
            Program = "mounts.py",
            Native = s => Block(s, s.Scratch()),
            Inside = (s, _) => Block(s, "/tmp/hs-mount"),
            Expected = "EPERM",
        },
        new Attack
        {
            Id = "mount.chroot-breakout",
            What = "leave the root directory by chroot and ..",
            Requirements = Wall,
            Program = "mounts.py",
            Native = s => new Trial("chroot-breakout", s.Scratch(), s.NativeSecret),
            Inside = (s, _) => new Trial(["chroot-breakout", "/tmp/hs-chroot", .. s.Targets]),
        },
        new Attack
        {
            Id = "mount.setns",
            What = "join the namespaces of another process",
            Requirements = Wall,
            Program = "mounts.py",
            Native = s => new Trial("setns", $"/run/netns/{s.Ordinary.Client}"),
            Inside = (_, _) => new Trial("setns"),
        },
    ];

    private static Attack Mount(string id, string what, string kind, params string[] arguments) => new()
    {
        Id = id,
        What = what,
        Requirements = Wall,
        Program = "mounts.py",
        Native = s => Apart(new Trial([kind, s.Scratch(), .. arguments])),
        Inside = (_, _) => new Trial([kind, "/tmp/hs-mount", .. arguments]),
        Expected = "EPERM|EACCES|ENOSYS",
    };

    private static Attack Bind(string id, string what, string kind) => Mount(id, what, kind) with
    {
        Native = s => Apart(new Trial(kind, s.Scratch(), s.Scratch())),
        Inside = (_, _) => new Trial(kind, "/tmp/hs-mount", "/etc"),
    };

    /// <summary>What the program needs only in a VM.</summary>
    private static string[] Inside(params string[] paths) => paths;

    private static Trial Apart(Trial trial) => trial with { Wrapper = ["unshare", "--mount", "--propagation", "private"] };

    /// <summary>A loop device of the test's, on an image with a file system.</summary>
    private static Trial Block(Scene scene, string directory)
    {
        var image = Path.Join(scene.Scratch(), "image");
        using (var file = new FileStream(image, FileMode.CreateNew))
            file.SetLength(16 << 20);
        _ = Tool.RunChecked("mkfs.ext4", ["-q", image]);
        var device = Tool.RunChecked("losetup", ["-f", "--show", image]).Trim();
        return Apart(new Trial("block", directory, "7", device["/dev/loop".Length..], "ext4"))
            with
        { After = () => Tool.RunChecked("losetup", ["-d", device]) };
    }

    private static bool IsKnown(string type) => File.ReadLines("/proc/filesystems").Any(l => l.EndsWith("\t" + type, StringComparison.Ordinal));
}
