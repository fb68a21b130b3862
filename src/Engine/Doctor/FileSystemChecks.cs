using System.Globalization;
using HyperSpector.Api.Messages;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Probing;

namespace HyperSpector.Engine.Doctor;

/// <summary>What the file systems of VMs are put together from.</summary>
internal static class FileSystemChecks
{
    // As VMs are mounted.
    private const string Options = ",redirect_dir=on,index=on";

    private static readonly string[] DiskTools = ["mkfs.ext4", "e2fsck", "resize2fs", "mount"];

    private static readonly string[] Live = ["/", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

    internal static readonly IReadOnlyList<Check> Table =
    [
        new("kernel.overlayfs", DoctorLevel.Required, "a VM cannot have layers: nothing can be brought up", "enable CONFIG_OVERLAY_FS; modprobe overlay",
            _ => Throwaway.Run(() => Overlay(Throwaway.Root, lower: null))) { NeedsRoot = true },
        new("kernel.idmapped-mounts", DoctorLevel.Required, "the files of the host would not look like root's inside a VM",
            "boot a kernel of at least 5.19 with the root file system on ext4, xfs or btrfs", IdmappedLower) { NeedsRoot = true },
        new("storage.idmap-base", DoctorLevel.Recommended, "the named parts of the host appear in VMs as a copy, made at 'up'",
            "keep /usr and its parts on ext4, xfs or btrfs", IdmappedBase) { NeedsRoot = true },
        new("storage.upper", DoctorLevel.Required, "VMs have nowhere to write to",
            "put the state directory on ext4, xfs or btrfs (not on overlayfs or NFS)", Upper) { NeedsRoot = true },
        new("storage.space", DoctorLevel.Recommended, "packs cannot be installed, and VMs run out of room", "free some space, or mount a larger disk there", Space),
        new("storage.limit", DoctorLevel.Optional, "what a VM writes cannot be limited (resources: disk)",
            "apt install e2fsprogs mount; modprobe loop", _ => Limit()),
        new("kernel.fuse", DoctorLevel.Recommended, "the server's files cannot be shown in /.serverfs", "enable CONFIG_FUSE_FS; modprobe fuse",
            _ => Fuse(o => $"protocol 7.{o.Minor}", _ => true)) { NeedsRoot = true },
        new("kernel.fuse-passthrough", DoctorLevel.Optional, "files of the server are copied on their way to the IDS (slower scans)",
            "boot a kernel of at least 6.9 with CONFIG_FUSE_PASSTHROUGH", _ => Fuse(_ => "offered", o => o.Passthrough)) { NeedsRoot = true },
        new("kernel.fuse-io-uring", DoctorLevel.Optional, "each FUSE request wakes a thread (slower scans)",
            "on a kernel of at least 6.14: echo Y > /sys/module/fuse/parameters/enable_uring", _ => Fuse(_ => "offered", o => o.OverIoUring)) { NeedsRoot = true },
    ];

    private static Finding Overlay(string directory, string? lower, string options = "")
    {
        foreach (var name in new[] { "lower", "upper", "work", "merged" })
            _ = Directory.CreateDirectory(Path.Join(directory, name));
        lower ??= Path.Join(directory, "lower");
        var errno = Probe.Mount("overlay", $"{directory}/merged", "overlay", 0, $"lowerdir={lower},upperdir={directory}/upper,workdir={directory}/work{options}");
        if (errno != Errno.None)
            return Finding.Missing($"overlayfs refuses ({errno})");
        File.WriteAllText($"{directory}/merged/probe", "");
        return File.Exists($"{directory}/upper/probe") ? Finding.Ok("a union was mounted and written to") : Finding.Missing("what is written does not arrive");
    }

    private static Finding IdmappedLower(DoctorScene scene)
    {
        var namespaceOfVm = scene.UserNamespace.Descriptor;
        return Throwaway.Run(() =>
        {
            var lower = Directory.CreateDirectory($"{Throwaway.Root}/idmapped").FullName;
            var errno = Probe.TryIdmap("/", namespaceOfVm, lower);
            return errno == Errno.None ? Overlay(Throwaway.Root, lower) : Finding.Missing($"/ cannot be idmapped ({errno})");
        });
    }

    private static Finding IdmappedBase(DoctorScene scene)
    {
        var namespaceOfVm = scene.UserNamespace.Descriptor;
        var places = File.ReadLines("/proc/self/mountinfo").Select(l => l.Split(' ')[4])
            .Where(p => Live.Any(l => p == l || (l != "/" && p.StartsWith(l + "/", StringComparison.Ordinal)))).Distinct().ToList();
        var refused = Throwaway.Run(() => places.Where(p => Probe.TryIdmap(p, namespaceOfVm, attachAt: null) != Errno.None).ToList());
        return refused.Count == 0
            ? Finding.Ok(string.Join(", ", places))
            : Finding.Missing($"cannot be idmapped: {string.Join(", ", refused)}");
    }

    // On the real disk, since that is the question; the directory is removed again whatever happens.
    private static Finding Upper(DoctorScene scene)
    {
        var parent = Existing(scene.Paths.State);
        var probe = Path.Join(parent, $".hyperspector-doctor-{System.Environment.ProcessId}");
        try
        {
            return Throwaway.Run(() => Overlay(Directory.CreateDirectory(probe).FullName, lower: null, Options)) is { State: DoctorState.Ok }
                ? Finding.Ok($"{parent} can hold upper layers")
                : Finding.Missing($"{parent} cannot hold upper layers");
        }
        finally
        {
            if (Directory.Exists(probe))
                Directory.Delete(probe, recursive: true);
        }
    }

    private static Finding Space(DoctorScene scene)
    {
        const long Wanted = 2L << 30;
        var places = new[] { scene.Paths.State, scene.Paths.Cache }.Select(Existing).Distinct()
            .Select(p => (Path: p, Free: new DriveInfo(p).AvailableFreeSpace)).ToList();
        var text = string.Join(", ", places.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Path}: {p.Free / (double)(1 << 30):0.0} GiB free")));
        return places.All(p => p.Free >= Wanted) ? Finding.Ok(text) : Finding.Missing($"{text}; 2 GiB are wanted");
    }

    private static Finding Limit()
    {
        var missing = DiskTools.Where(t => Tool.Find(t) is null).ToList();
        if (missing.Count > 0)
            return Finding.Missing($"{string.Join(", ", missing)}: not installed");
        return File.Exists("/dev/loop-control") ? Finding.Ok("ext4 on loop devices") : Finding.Missing("no loop devices");
    }

    private static Finding Fuse(Func<FuseOffer, string> describe, Func<FuseOffer, bool> has) => Throwaway.Run(() =>
    {
        var errno = Probe.TryFuse(Directory.CreateDirectory($"{Throwaway.Root}/fuse").FullName, out var offer);
        if (offer is null)
            return Finding.Missing($"refused ({errno})");
        return has(offer) ? Finding.Ok(describe(offer)) : Finding.Missing($"not offered by protocol 7.{offer.Minor}");
    });

    private static string Existing(string path)
    {
        while (!Directory.Exists(path))
            path = Path.GetDirectoryName(path) ?? "/";
        return path;
    }
}
