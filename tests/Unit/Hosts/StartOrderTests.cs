using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;
using Xunit;

namespace HyperSpector.Tests.Unit.Hosts;

public class StartOrderTests
{
    [Fact]
    public void Of_Dependencies_ComeFirstAndTheRestAsInTheFile()
    {
        var site = Site(("web", ["app"]), ("log", []), ("app", ["db", "cache"]), ("cache", ["db"]), ("db", []));
        Assert.Equal(["db", "cache", "app", "web", "log"], StartOrder.Of([.. site.Servers.Keys], site));
    }

    [Fact]
    public void Of_ADependencyThatRunsAlready_IsNotStarted()
    {
        var site = Site(("web", ["db"]), ("db", []));
        Assert.Equal(["web"], StartOrder.Of(["web"], site));
    }

    [Fact]
    public void Of_ACircle_StillEnds()
    {
        var site = Site(("a", ["b"]), ("b", ["a"]));
        Assert.Equal(["b", "a"], StartOrder.Of([.. site.Servers.Keys], site));
    }

    private static SiteSpec Site(params (string Name, string[] On)[] servers) => new()
    {
        Servers = servers.ToDictionary(s => s.Name, s => new ServerSpec
        {
            Machine = new MachineSpec { Base = new BaseSpec { Host = true } },
            DependsOn = [.. s.On.Select(o => new DependencySpec(o, DependencyState.Started))],
        }),
        Environments = new Dictionary<string, EnvironmentSpec>(),
    };
}
