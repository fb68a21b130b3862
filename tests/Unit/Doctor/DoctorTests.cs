using System.Text.Json;
using HyperSpector.Api.Messages;
using HyperSpector.Engine.Doctor;
using Xunit;

namespace HyperSpector.Tests.Unit.Doctor;

public sealed class DoctorTests
{
    /// <summary>Scripts rely on these: a name that disappears is a breaking change.</summary>
    private static readonly string[] Ids =
    [
        "privilege.root", "kernel.version", "kernel.namespaces", "kernel.user-namespaces", "kernel.seccomp-notify", "kernel.seccomp-sync-wake",
        "kernel.landlock", "kernel.bpf", "kernel.bpf-mmap", "kernel.bpf-btf", "kernel.bpf-jit", "kernel.io-uring", "kernel.pressure",
        "kernel.overlayfs", "kernel.idmapped-mounts", "storage.idmap-base", "storage.upper", "storage.space", "storage.limit", "kernel.fuse",
        "kernel.fuse-passthrough", "kernel.fuse-io-uring", "kernel.veth", "kernel.clsact", "kernel.nft-netdev", "kernel.nft-nat",
        "kernel.macvlan", "kernel.nft-fwd", "kernel.nft-socket", "firewall.forward", "kernel.ipv6",
        "kernel.packet-socket", "kernel.packet-diag", "kernel.tun", "kernel.wireguard", "cgroup.version", "cgroup.cpu", "cgroup.memory",
        "cgroup.pids", "cgroup.freezer", "program.runc", "program.crun", "program.runsc", "program.kata-runtime", "program.ip", "program.nft", "program.ethtool", "program.apt",
        "program.unshare", "program.wireguard-go", "library.libbpf", "library.libseccomp", "limit.open-files", "limit.user-namespaces",
        "limit.network-namespaces", "limit.inotify", "limit.keys", "limit.memory", "install.programs", "install.bpf", "install.policy", "install.packs",
    ];

    [Fact]
    public void Checks_OfTheTable_HaveTheApprovedIds() => Assert.Equal(Ids, DoctorRunner.Table.Select(c => c.Id));

    [Fact]
    public void Checks_OfTheTable_SayInOneLineWhatIsLostAndHowToMendIt() => Assert.All(DoctorRunner.Table, c =>
    {
        Assert.NotEmpty(c.Lost);
        Assert.NotEmpty(c.Fix);
        Assert.DoesNotContain('\n', c.Lost + c.Fix);
    });

    [Fact]
    public void Report_AsJson_ComesBackTheSame()
    {
        var report = DoctorRunner.Run(programs: "/nonexistent");

        var json = JsonSerializer.Serialize(report, DoctorJson.Default.DoctorReport);
        var again = JsonSerializer.Deserialize(json, DoctorJson.Default.DoctorReport)!;

        Assert.Equal(report.Checks, again.Checks);
        Assert.Contains("\"id\":\"kernel.version\",\"level\":\"required\",\"state\":\"ok\"", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_WithoutOurPrograms_IsNotReady()
    {
        var report = DoctorRunner.Run(programs: "/nonexistent");

        Assert.False(report.Ready);
        Assert.Equal(DoctorState.Missing, report.Checks.Single(c => c.Id == "install.bpf").State);
        Assert.All(report.Checks, c => Assert.DoesNotContain('\n', c.Finding));
        Assert.InRange(report.Seconds, 0, 30);
    }
}
