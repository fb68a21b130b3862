using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Machines.Bases;
using Xunit;

namespace HyperSpector.Tests.Unit.Machines;

/// <summary>Who holds a generation of the base, and when it goes.</summary>
public sealed class BaseStoreTests : IDisposable
{
    private readonly string _prefix = Directory.CreateTempSubdirectory("hyperspector-bases.").FullName;
    private readonly BaseStore _store;

    public BaseStoreTests() => _store = new BaseStore(new HostPaths("t", _prefix));

    private string Bases => Path.Join(_prefix, "var/cache/hyperspector/bases");

    public void Dispose() => Directory.Delete(_prefix, recursive: true);

    [Fact]
    public void Release_WithTheLeftoverOfAMakerThatWasKilled_Releases()
    {
        var directory = _store.Hold("one", User("web"), Make);
        _ = Directory.CreateDirectory(Path.Join(Bases, "new-two", "root"));

        _store.Release("web");

        Assert.Empty(Directory.GetFiles(Path.Join(directory, "users")));
    }

    [Fact]
    public void Hold_AnotherGeneration_RemovesWhatNobodyUsesAndLeftovers()
    {
        _ = _store.Hold("one", User("web"), Make);
        _ = _store.Hold("two", User("db"), Make);
        _ = Directory.CreateDirectory(Path.Join(Bases, "new-four", "root"));
        _store.Release("db");

        _ = _store.Hold("three", User("edge"), Make);

        Assert.Equal(["one", "three"], Directory.GetDirectories(Bases).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal));
    }

    private static void Make(string directory) => Directory.CreateDirectory(Path.Join(directory, "root"));

    private BaseUser User(string name) => new(name, Directory.CreateDirectory(Path.Join(_prefix, "run", name)).FullName);
}
