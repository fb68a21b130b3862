using System.Globalization;
using HyperSpector.Engine.Disks.Serving;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Mediator;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>
/// Who serves the views is killed while a thread of it waits in the kernel for an answer that it would have given itself: that thread does not
/// leave before somebody else gives it, and a process ends with its last thread.
/// </summary>
public sealed class StuckViewsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly TestHost _host = new();
    private readonly List<Background> _held = [];

    public void Dispose()
    {
        foreach (var hold in _held)
            hold.Dispose();
        _host.Dispose();
    }

    [Fact]
    public void Views_KilledWhileAThreadIsStuck_AreServedOn()
    {
        using var views = Up();
        using var search = Stick(views);
        _ = views.Process.Signal(Kills.SIGKILL);
        search.WaitFor("No such file or directory");
        Assert.True(views.Process.WaitForEnd(Patience));
        Assert.Equal("new\n", _host.Exec("edge", "ls", "/.serverfs/srv/d").Output);
        AssertNothingIsLeft();
    }

    [Fact]
    public void ViewsAndKeeper_KilledWhileAThreadIsStuck_AreMountedAnew()
    {
        using var views = Up();
        using var search = Stick(views);
        using (var keeper = PartFinder.WaitFor(_host, new MediatorPaths(_host.Paths.MachineRun("edge")).KeeperPid))
        {
            _ = keeper.Process.Signal(Kills.SIGKILL);
            _ = views.Process.Signal(Kills.SIGKILL);
        }

        // Nobody can answer it any more.
        search.WaitFor("cannot");
        Assert.True(views.Process.WaitForEnd(Patience));
        Eventually.Holds("the view is served again", () => _host.Exec("edge", "ls", "/.serverfs/srv/d").Output == "new\n");
        AssertNothingIsLeft();
    }

    private PartProcess Up()
    {
        _host.Up(Sites.Idle);
        Assert.True(_host.Exec("web", "mkdir", "/srv/d").Status.Succeeded);
        // From now on the IDS VM's kernel keeps something of it, and is told of new names.
        Assert.Equal("", _host.Exec("edge", "ls", "/.serverfs/srv/d").Output);
        return PartFinder.WaitFor(_host, new MediatorPaths(_host.Paths.MachineRun("edge")).ViewsPid);
    }

    // A search that has been read and is not answered, and a name in the same directory that is to be withdrawn.
    private Background Stick(PartProcess views)
    {
        var hold = new Background(
            "python3",
            [
                Path.Join(AppContext.BaseDirectory, "hold.py"), views.Pid.ToString(CultureInfo.InvariantCulture),
                ViewDescriptors.ServerFiles.ToString(CultureInfo.InvariantCulture),
            ]);
        _held.Add(hold);
        hold.WaitFor("ready");
        var search = _host.StartExec("edge", ["stat", "/.serverfs/srv/d/nothing"]);
        hold.WaitFor("held");
        Assert.True(_host.Exec("web", "touch", "/srv/d/new").Status.Succeeded);
        Eventually.Holds("a thread waits in the kernel", () => Directory.EnumerateDirectories($"/proc/{views.Pid}/task")
            .Any(thread => File.ReadAllText($"{thread}/status").Contains("State:\tD", StringComparison.Ordinal)));
        return search;
    }

    private void AssertNothingIsLeft()
    {
        _host.Down();
        _host.StopDaemon();
        Assert.Equal("", string.Join('\n', _host.Leftovers()));
    }
}
