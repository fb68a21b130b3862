using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;
using Xunit;

namespace HyperSpector.Tests.Unit.Hosts;

public sealed class HostStoreTests : IDisposable
{
    private readonly HostPaths _paths = new("test", Path.Join(Path.GetTempPath(), $"hs-store-{Guid.NewGuid():n}"));

    [Fact]
    public void Put_ThenANewStore_RemembersEverything()
    {
        var record = new MachineRecord
        {
            Name = "web",
            FirstId = 65536,
            Index = 3,
            Phase = MachinePhase.Ready,
            Server = new ServerSpec
            {
                Machine = new MachineSpec { Base = new BaseSpec { Host = true }, Run = ["/bin/true"] },
                Publish = [new PublishedPort("::1", 80, 8080, "tcp")],
            },
        };
        new HostStore(_paths).Put(record);

        var read = new HostStore(_paths).Record.Machines["web"];

        Assert.Equal(record.FirstId, read.FirstId);
        Assert.Equal(MachinePhase.Ready, read.Phase);
        Assert.Equal(record.Server.Publish, read.Server!.Publish);
    }

    [Theory]
    [InlineData("""{"version": 2}""")]
    [InlineData("""{"version": 99, "machines": "told in a way that we do not know"}""")]
    [InlineData("""{"site": 5, "version": 1e30}""")]
    public void Load_OfANewerFormat_SaysWhatToDo(string text)
    {
        _ = Directory.CreateDirectory(_paths.State);
        File.WriteAllText(Path.Join(_paths.State, "host.json"), text);

        Assert.Contains("newer HyperSpector", Assert.Throws<IOException>(() => new HostStore(_paths)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"version\": \"x\"}")]
    [InlineData("{\"machines\": [")]
    [InlineData("{\"machines\": null}")]
    [InlineData("{\"machines\": {\"web\": null}}")]
    [InlineData("""{"machines": {"../web": {"name": "../web", "firstId": 1, "index": 1, "server": {"machine": {"base": {"host": true}, "run": ["x"]}}}}}""")]
    [InlineData("""{"machines": {"web": {"name": "db", "firstId": 1, "index": 1, "server": {"machine": {"base": {"host": true}, "run": ["x"]}}}}}""")]
    [InlineData("""{"machines": {"web": {"name": "web", "firstId": 1, "index": 1}}}""")]
    [InlineData("""{"machines": {"web": {"name": "web", "firstId": 1, "index": 1, "server": {"machine": {"base": {"host": true}, "resources": {"cpus": 1e999}}}}}}""")]
    [InlineData("""{"\ud800": 1}""")]
    public void Load_OfABrokenFile_NamesIt(string text)
    {
        _ = Directory.CreateDirectory(_paths.State);
        File.WriteAllText(Path.Join(_paths.State, "host.json"), text);

        Assert.Contains("host.json", Assert.Throws<IOException>(() => new HostStore(_paths)).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        if (Directory.Exists(_paths.State))
            Directory.Delete(Path.GetFullPath(Path.Join(_paths.State, "../../..")), recursive: true);
    }
}
