using System.Runtime.InteropServices;
using HyperSpector.Api.Messages;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Doctor;

/// <summary>Programs and libraries of the distribution that we lean on.</summary>
internal static class ProgramChecks
{
    internal static readonly IReadOnlyList<Check> Table =
    [
        new("program.runc", DoctorLevel.Required, "VMs cannot be started", "apt-get install runc", _ => Runc()),
        new("program.crun", DoctorLevel.Optional, "VMs start with runc, a little slower", "apt-get install crun", _ => DoctorScene.Version("crun", "--version")),
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

    private static Finding Runc()
    {
        var version = DoctorScene.Version("runc", "--version");
        if (version.State != DoctorState.Ok)
            return version;
        // 'features' came with 1.1, the first whose seccomp listener we use; it also shows that the program runs here.
        var features = Tool.Run("runc", ["features"], timeout: TimeSpan.FromSeconds(1));
        return features.Status.Succeeded ? version : Finding.Missing($"{version.Text}; at least 1.1 is needed");
    }

    private static Finding Library(string name)
    {
        if (!NativeLibrary.TryLoad(name, out var handle))
            return Finding.Missing("cannot be loaded");
        NativeLibrary.Free(handle);
        return Finding.Ok("loads");
    }
}
