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

    private static OciSpec Build(MachinePlan plan, MachineUser? user = null) =>
        new Bundle(new HostPaths(), SeccompPolicy.Read(s_directory), CapabilityPolicy.Read(s_directory))
            .Build(plan, user ?? new MachineUser(0, 0, [], "/root"), 1024);
}
