using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Harness;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Devices of the machine.</summary>
internal static class DeviceAttacks
{
    private const string Wall = "MOD-3 MOD-4 IDS-2 SRV-1";
    private const string Program = "files.py";

    internal static readonly IReadOnlyList<Attack> All =
    [
        new Attack
        {
            Id = "devices.block",
            What = "make a node of the base's block device and read the base's files from it",
            Requirements = Wall,
            Program = Program,
            Native = Disk,
            Inside = (s, _) => Disk(s),
        },
        Node("devices.kernel-log", "make a node of /dev/kmsg", "1", "11"),
        Node("devices.loop-control", "make a node of /dev/loop-control", "10", "237"),
        Node("devices.fuse", "make a node of /dev/fuse", "10", "229"),
        Node("devices.tun", "make a node of /dev/net/tun", "10", "200"),
        Node("devices.memory", "make a node of /dev/mem", "1", "1") with { Present = File.Exists("/dev/mem") },
        Catalogue.Same("devices.ready-made", "open a device node that stands ready in /dev", Wall, Program, "dangerous-nodes"),
    ];

    private static Attack Node(string id, string what, string major, string minor) =>
        Catalogue.Same(id, what, Wall, Program, "device", "char", major, minor) with { Present = File.Exists(PathOf(major, minor)) };

    private static string PathOf(string major, string minor) => (major, minor) switch
    {
        ("1", "11") => "/dev/kmsg",
        ("10", "237") => "/dev/loop-control",
        ("10", "229") => "/dev/fuse",
        ("10", "200") => "/dev/net/tun",
        _ => "/dev/mem",
    };

    /// <summary>A block device of the test's that holds a secret of the base.</summary>
    private static Trial Disk(Scene scene)
    {
        var image = Path.Join(scene.Scratch(), "disk");
        File.WriteAllBytes(image, new byte[1 << 20]);
        using (var file = new FileStream(image, FileMode.Open))
        {
            file.Position = 123 * 512;
            file.Write(System.Text.Encoding.ASCII.GetBytes(scene.Base.FileSecret));
        }

        var device = Tool.RunChecked("losetup", ["-f", "--show", image]).Trim();
        return new Trial("device", "block", "7", device["/dev/loop".Length..]) { After = () => Tool.RunChecked("losetup", ["-d", device]) };
    }
}
