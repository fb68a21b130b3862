using System.Runtime.InteropServices;
using HyperSpector.Api.Messages;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Doctor;

/// <summary>Programs and libraries of the distribution that we lean on.</summary>
internal static class ProgramChecks
{
    internal static readonly IReadOnlyList<Check> Table =
    [
        new("program.runc", DoctorLevel.Required, "VMs cannot be started", "apt-get install runc", Runc) { NeedsRoot = true },
        new("program.crun", DoctorLevel.Optional, "'runtime: crun' is refused", "apt-get install crun; 1.8.1 and older want cgroup v2 alone or v1 alone",
            s => Tried(s, "crun")) { NeedsRoot = true },
        new("program.runsc", DoctorLevel.Optional, "'runtime: runsc' is refused: no server VM can have gVisor's kernel of its own", "install gVisor: https://gvisor.dev/docs/user_guide/install",
            s => Tried(s, "runsc")) { NeedsRoot = true },
        new("program.kata-runtime", DoctorLevel.Optional, "'runtime: kata-runtime' is refused: no server VM can be a virtual machine",
            "install Kata Containers with an OCI command line (1.x); later ones speak to containerd only", s => Tried(s, "kata-runtime")) { NeedsRoot = true },
        new("program.ip", DoctorLevel.Required, "ports of VMs cannot be made", "apt-get install iproute2", _ => DoctorScene.Version("ip", "-Version")),
        new("program.nft", DoctorLevel.Required, "no port can be published or guarded", "apt-get install nftables", _ => DoctorScene.Version("nft", "--version")),
        new("program.ethtool", DoctorLevel.Recommended, "offloads of mirror ports cannot be set: 'frames: wire' is refused", "apt-get install ethtool",
            _ => DoctorScene.Version("ethtool", "--version")),
        new("program.apt", DoctorLevel.Recommended, "packs cannot be installed on 'base: host'", "use a Debian or Ubuntu base directory for environments",
            _ => DoctorScene.Version("apt-get", "--version")),
        new("program.unshare", DoctorLevel.Recommended, "this doctor cannot try everything", "apt-get install util-linux", _ => DoctorScene.Version("unshare", "--version")),
        new("program.wireguard-go", DoctorLevel.Optional, "no virtual network where the kernel has no WireGuard", "apt-get install wireguard-go",
            _ => Tool.Find("wireguard-go") is { } path ? Finding.Ok(path) : Finding.Missing("not installed")),
        new("library.libbpf", DoctorLevel.Required, "no frame can be copied to a mirror port", "apt-get install libbpf1", _ => Library("libbpf.so.1")),
        new("library.libseccomp", DoctorLevel.Required, "VMs and our own processes cannot be confined", "apt-get install libseccomp2", _ => Library("libseccomp.so.2")),
    ];

    // A container is really made, started and deleted.
    private static Finding Tried(DoctorScene scene, string name)
    {
        var version = DoctorScene.Version(name, "--version");
        if (version.State != DoctorState.Ok)
            return version;
        if (!File.Exists(Path.Join(scene.Programs, "hyperspector-sensor")))
            return Finding.Ok($"{version.Text}; not tried: that takes a program of ours, and none is in {scene.Programs}");
        return RuntimeTrial.Problem(name, scene.Programs) is { } problem ? Finding.Missing($"{version.Text} {problem}") : Finding.Ok($"{version.Text}; starts a VM");
    }

    private static Finding Runc(DoctorScene scene)
    {
        var version = DoctorScene.Version("runc", "--version");
        if (version.State != DoctorState.Ok)
            return version;
        // 'features' came with 1.1, the first whose seccomp listener we use; it also shows that the program runs here.
        var features = Tool.Run("runc", ["features"], timeout: TimeSpan.FromSeconds(1));
        return features.Status.Succeeded ? Tried(scene, "runc") : Finding.Missing($"{version.Text}; at least 1.1 is needed");
    }

    private static Finding Library(string name)
    {
        if (!NativeLibrary.TryLoad(name, out var handle))
            return Finding.Missing("cannot be loaded");
        NativeLibrary.Free(handle);
        return Finding.Ok("loads");
    }
}
