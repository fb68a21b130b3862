using System.Text.Json;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Machines;
using HyperSpector.Engine.Machines.Oci;
using Xunit;

namespace HyperSpector.Tests.Unit.Machines;

public sealed class BundleTests
{
    private static readonly string s_directory = Path.Join(AppContext.BaseDirectory, "policy");
    private static readonly CgroupSupport s_version1 = new(Unified: false, null, WeighsIo: true);
    private static readonly CgroupSupport s_version2 = new(Unified: true, "io.weight", WeighsIo: true);

    [Fact]
    public void Spec_OfAServer_MapsItsIdsAndMakesEveryNamespace()
    {
        var spec = Build(Plan);
        Assert.Equal(new OciIdMapping(0, 70000, 65536), Assert.Single(spec.Linux.UidMappings));
        Assert.Equal(new OciIdMapping(0, 70000, 65536), Assert.Single(spec.Linux.GidMappings));
        Assert.Equal(
            ["cgroup", "ipc", "mount", "network", "pid", "user", "uts"], spec.Linux.Namespaces.Select(n => n.Type).Order(StringComparer.Ordinal));
        Assert.False(spec.Process.NoNewPrivileges);
        Assert.Equal("/hyperspector/web", spec.Linux.CgroupsPath);
        Assert.Equal([new OciDevice(false, "rwm")], spec.Linux.Resources.Devices);
    }

    [Fact]
    public void Spec_OfAnIdsMachine_GainsNoPrivileges() =>
        Assert.True(Build(Plan with { Kind = MachineKind.Ids }).Process.NoNewPrivileges);

    [Fact]
    public void Spec_AnotherUser_StartsWithoutCapabilities()
    {
        var capabilities = Build(Plan, new MachineUser(33, 33, [], "/var/www")).Process.Capabilities;
        Assert.Empty(capabilities.Effective);
        Assert.Empty(capabilities.Permitted);
        Assert.NotEmpty(capabilities.Bounding);
    }

    [Fact]
    public void Spec_Environment_HasDefaultsThatThePlanReplaces()
    {
        Assert.Contains("HOME=/root", Build(Plan).Process.Env);
        var env = Build(Plan with { Environment = new Dictionary<string, string> { ["PATH"] = "/x", ["HOME"] = "/h" } }).Process.Env;
        Assert.Equal("/x", Assert.Single(env, e => e.StartsWith("PATH=", StringComparison.Ordinal))[5..]);
        Assert.DoesNotContain("HOME=/root", env);
    }

    [Fact]
    public void Spec_Resources_AreInTheRuntimesUnits()
    {
        var resources = Build(Plan with { Resources = new ResourceSpec { Cpus = 1.5, Memory = 1 << 30, Pids = 7 } }).Linux.Resources;
        Assert.Equal(new OciCpu(150_000, 100_000), resources.Cpu);
        Assert.Equal(new OciMemory(1 << 30), resources.Memory);
        Assert.Equal(new OciPids(7), resources.Pids);
        var unlimited = Build(Plan with { Resources = new ResourceSpec { Pids = null } }).Linux.Resources;
        Assert.Null(unlimited.Cpu);
        Assert.Null(unlimited.Memory);
        Assert.Null(unlimited.Pids);
    }

    [Fact]
    public void Spec_WeightsAndGuarantees_AreInTheUnitsOfEachVersion()
    {
        var plan = Plan with { Resources = new ResourceSpec { CpuWeight = 200, IoWeight = 50, MemoryReservation = 1 << 28 } };

        var first = Build(plan).Linux.Resources;
        Assert.Equal(new OciCpu(null, null) { Shares = 2048 }, first.Cpu);
        Assert.Equal(new OciBlockIo(50), first.BlockIo);
        Assert.Equal(new OciMemory(null) { Reservation = 1 << 28 }, first.Memory);
        Assert.Null(first.Unified);

        var second = Build(plan, cgroups: s_version2).Linux.Resources;
        Assert.Null(second.Cpu);
        Assert.Null(second.BlockIo);
        Assert.Equal(1 << 28, second.Memory!.Reservation);
        Assert.Equal(new Dictionary<string, string> { ["cpu.weight"] = "200", ["io.weight"] = "50" }, second.Unified);
    }

    [Fact]
    public void Spec_Capabilities_AreTheUsualOnesLessTheDroppedAndMore()
    {
        var usual = Build(Plan).Process.Capabilities.Bounding;
        var changed = Build(Plan with { CapAdd = ["CAP_SYS_PTRACE"], CapDrop = ["CAP_NET_RAW"] }).Process.Capabilities.Bounding;
        Assert.Equal(["CAP_SYS_PTRACE"], changed.Except(usual));
        Assert.Equal(["CAP_NET_RAW"], usual.Except(changed));
        var only = Build(Plan with { CapAdd = ["CAP_CHOWN"], CapDrop = ["ALL"] }).Process.Capabilities.Bounding;
        Assert.Equal(["CAP_CHOWN"], only);
    }

    [Theory]
    [InlineData("CAP_SYS_ADMIN")]
    [InlineData("CAP_SYS_MODULE")]
    [InlineData("ALL")]
    public void Spec_CapabilityThatNoLoaderWouldPass_IsRefused(string name) =>
        Assert.Throws<IOException>(() => Build(Plan with { CapAdd = [name] }));

    [Fact]
    public void Spec_Devices_AreBoundAndAdmittedEachByItself()
    {
        var spec = Build(Plan with { Devices = ["/dev/net/tun"] });
        Assert.Equal(
            [new OciDevice(false, "rwm"), new OciDevice(true, "rw") { Type = "c", Major = 10, Minor = 200 }], spec.Linux.Resources.Devices);
        var mount = Assert.Single(spec.Mounts, m => m.Type == "bind");
        Assert.Equal(("/dev/net/tun", "/run/hyperspector/vms/web/devices/10-200"), (mount.Destination, mount.Source));
        _ = Assert.Throws<IOException>(() => Build(Plan with { Devices = ["/dev/sda"] }));
    }

    [Fact]
    public void Spec_Ulimits_ReplaceTheUsualOne()
    {
        Assert.Equal([new OciLimit("RLIMIT_NOFILE", 1024, 1024)], Build(Plan).Process.Rlimits);
        var limits = Build(Plan with { Ulimits = [new("nofile", 10, 20), new("core", 0, ulong.MaxValue)] }).Process.Rlimits;
        Assert.Equal([new OciLimit("RLIMIT_NOFILE", 20, 10), new OciLimit("RLIMIT_CORE", ulong.MaxValue, 0)], limits);
        _ = Assert.Throws<IOException>(() => Build(Plan with { Ulimits = [new("rtprio", 1, 1)] }));
    }

    [Fact]
    public void Spec_SharedMemory_HasTheSizeThatATmpfsGives()
    {
        Assert.Contains("size=67108864", Build(Plan).Mounts.Single(m => m.Destination == "/dev/shm").Options);
        var larger = Build(Plan with { Tmpfs = [new("/dev/shm", 1 << 28)] }).Mounts.Single(m => m.Destination == "/dev/shm");
        Assert.Contains("size=268435456", larger.Options);
    }

    [Fact]
    public void Spec_AsJson_HasTheSpecificationsNames()
    {
        var json = JsonSerializer.Serialize(Build(Plan), OciJson.Default.OciSpec);
        foreach (var name in (string[])["\"ociVersion\"", "\"containerID\"", "\"hostID\"", "\"cgroupsPath\"", "\"noNewPrivileges\"", "\"additionalGids\"", "\"valueTwo\"", "\"errnoRet\"", "\"defaultErrnoRet\"", "\"maskedPaths\"", "\"readonlyPaths\""])
            Assert.Contains(name, json, StringComparison.Ordinal);
    }

    private static MachinePlan Plan => new()
    {
        Name = "web",
        Kind = MachineKind.Server,
        FirstId = 70000,
        Base = new BaseSpec { Host = true },
        Arguments = ["/bin/true"],
    };

    private static OciSpec Build(MachinePlan plan, MachineUser? user = null, CgroupSupport? cgroups = null) =>
        new Bundle(new HostPaths(), MachinePolicies.Read(s_directory), cgroups ?? s_version1)
            .Build(plan, user ?? new MachineUser(0, 0, [], "/root"), 1024);
}
