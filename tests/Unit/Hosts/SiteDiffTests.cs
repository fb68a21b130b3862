using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;
using Xunit;

namespace HyperSpector.Tests.Unit.Hosts;

public class SiteDiffTests
{
    private static readonly MachineSpec s_machine = new() { Base = new BaseSpec { Host = true }, Run = ["/bin/true"] };

    [Fact]
    public void Between_NothingAndASite_CreatesEverything()
    {
        var diff = SiteDiff.Between(new Dictionary<string, MachineRecord>(), Site(s_machine));

        Assert.Equal(["web"], diff.CreateServers);
        Assert.Equal(["edge"], diff.CreateEnvironments);
        Assert.Empty(diff.Remove);
        Assert.Empty(diff.Keep);
    }

    [Fact]
    public void Between_TheSameSite_KeepsEverything()
    {
        var diff = SiteDiff.Between(Present(s_machine), Site(s_machine));

        Assert.Equal(["web", "edge"], diff.Keep);
        Assert.Empty(diff.Remove);
        Assert.Empty(diff.CreateServers);
        Assert.Empty(diff.CreateEnvironments);
    }

    [Fact]
    public void Between_OtherPublishedPorts_KeepsTheMachine()
    {
        var site = Site(s_machine);
        site = site with
        {
            Servers = new Dictionary<string, ServerSpec> { ["web"] = site.Servers["web"] with { Publish = [new(null, 80, 80, "tcp")] } },
        };

        Assert.Contains("web", SiteDiff.Between(Present(s_machine), site).Keep);
    }

    [Fact]
    public void Between_OtherHealthCheckOrMomentOfStart_KeepsTheMachine()
    {
        var site = Site(s_machine with { Health = new HealthSpec { Run = ["true"] } });
        site = site with
        {
            Servers = new Dictionary<string, ServerSpec>
            {
                ["web"] = site.Servers["web"] with
                {
                    DependsOn = [new("db", DependencyState.Healthy)],
                    Start = StartMoment.Captured,
                    StartWithin = TimeSpan.FromSeconds(1),
                },
            },
        };

        Assert.Equal(["web", "edge"], SiteDiff.Between(Present(s_machine), site).Keep);
    }

    [Fact]
    public void Between_OtherFilter_KeepsTheIdsVm()
    {
        var site = Site(s_machine);
        site = site with
        {
            Environments = new Dictionary<string, EnvironmentSpec>
            {
                ["edge"] = site.Environments["edge"] with { Filters = new Dictionary<string, FilterSpec> { ["web"] = new() { Sample = 10 } } },
            },
        };

        Assert.Contains("edge", SiteDiff.Between(Present(s_machine), site).Keep);
    }

    [Fact]
    public void Between_OtherCommand_MakesTheServerAnewAndKeepsItsFiles()
    {
        var diff = SiteDiff.Between(Present(s_machine), Site(s_machine with { Run = ["/bin/false"] }));

        Assert.Equal([("web", true)], diff.Remove);
        Assert.Equal(["web"], diff.CreateServers);
        Assert.Equal(["edge"], diff.Keep);
    }

    [Fact]
    public void Between_OtherBase_DropsTheServersFiles()
    {
        var diff = SiteDiff.Between(Present(s_machine), Site(s_machine with { Base = new BaseSpec { Directory = "/srv/root" } }));

        Assert.Equal([("web", false)], diff.Remove);
    }

    [Fact]
    public void Between_OtherOptionsOfAPack_MakesTheIdsVmAnewAndKeepsItsFiles()
    {
        var present = Watching(Pack("aide", "daily"));

        Assert.Equal([("edge", true)], SiteDiff.Between(present, Site(s_machine, Pack("aide", "hourly"))).Remove);
        Assert.Equal([("edge", false)], SiteDiff.Between(present, Site(s_machine, Pack("tripwire", "daily"))).Remove);
        Assert.Equal([("edge", false)], SiteDiff.Between(present, Site(s_machine)).Remove);
    }

    [Fact]
    public void Between_WhatWasKeptAndTheSameSite_KeepsItsFiles()
    {
        var present = Watching(Pack("aide", "daily"));
        foreach (var name in present.Keys)
            present[name] = present[name] with { Phase = MachinePhase.Kept };

        var diff = SiteDiff.Between(present, Site(s_machine, Pack("aide", "daily")));

        Assert.Equal([("web", true), ("edge", true)], diff.Remove);
        Assert.Equal(["edge"], diff.CreateEnvironments);
    }

    [Fact]
    public void Between_AMachineThatWasHalfMade_MakesItAnew()
    {
        var present = Present(s_machine);
        present["web"] = present["web"] with { Phase = MachinePhase.Making };

        var diff = SiteDiff.Between(present, Site(s_machine));

        Assert.Equal(["web"], diff.CreateServers);
        Assert.Contains(diff.Remove, r => r.Name == "web");
    }

    [Fact]
    public void Between_ANameThatBecameAnEnvironment_RemovesTheServerForGood()
    {
        var site = new SiteSpec
        {
            Servers = new Dictionary<string, ServerSpec>(),
            Environments = new Dictionary<string, EnvironmentSpec> { ["web"] = new() { Machine = s_machine } },
        };

        var diff = SiteDiff.Between(Present(s_machine), site);

        Assert.Contains(("web", false), diff.Remove);
        Assert.Contains(("edge", false), diff.Remove);
        Assert.Equal(["web"], diff.CreateEnvironments);
    }

    private static PackSpec Pack(string name, string every) =>
        new() { Name = name, Directory = "/packs", Options = new Dictionary<string, string> { ["every"] = every } };

    private static SiteSpec Site(MachineSpec server, params PackSpec[] packs) => new()
    {
        Servers = new Dictionary<string, ServerSpec> { ["web"] = new() { Machine = server } },
        Environments = new Dictionary<string, EnvironmentSpec> { ["edge"] = new() { Machine = s_machine, Watch = ["web"], Packs = packs } },
    };

    private static Dictionary<string, MachineRecord> Watching(params PackSpec[] packs) => Present(Site(s_machine, packs));

    private static Dictionary<string, MachineRecord> Present(MachineSpec server) => Present(Site(server));

    private static Dictionary<string, MachineRecord> Present(SiteSpec site) => new()
    {
        ["web"] = new() { Name = "web", FirstId = 1, Index = 1, Phase = MachinePhase.Ready, Server = site.Servers["web"] },
        ["edge"] = new() { Name = "edge", FirstId = 2, Index = 2, Phase = MachinePhase.Ready, Environment = site.Environments["edge"] },
    };
}
