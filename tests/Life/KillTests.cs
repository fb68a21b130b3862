using HyperSpector.Engine.Hosts;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>
/// kill -9 of every process of ours under load: VMs serve on, mirroring goes on, the daemon brings back what died, and no event is
/// lost or doubled.
/// </summary>
public sealed class KillTests : IDisposable
{
    private readonly TestHost _host = new();
    private readonly Random _random = new(20041);

    public void Dispose() => _host.Dispose();

    [Fact]
    public void OurProcesses_KilledOneAtATime_NothingIsLostOrDoubled() => UnderLoad(kill: again =>
    {
        for (var round = 0; round < Kills.Rounds; round++)
        {
            // Sometimes in the middle of an 'up', else while it looks after things.
            using var up = round % 5 == 0 ? _host.StartInBase(_host.Command("up", "-f", again)) : null;
            foreach (var file in Shuffled(PartFinder.PidFiles(_host)))
            {
                PartFinder.Kill(_host, file);
                Thread.Sleep(_random.Next(0, 30));
            }

            // It would start a daemon of its own when ours is gone.
            up?.Stop();
            _host.KillDaemon();
            Thread.Sleep(_random.Next(0, 30));
            _host.StartDaemon();
        }
    });

    [Fact]
    public void OurProcesses_KilledAllAtOnce_NothingIsLostOrDoubled() => UnderLoad(kill: unused =>
    {
        for (var round = 0; round < Kills.Rounds; round++)
        {
            var parts = PartFinder.PidFiles(_host).Select(WaitForOne).ToList();
            // The daemon first or last, by turns: what it sees of the others' deaths differs.
            if (round % 2 == 0)
                _host.KillDaemon();
            foreach (var part in parts)
                _ = part.Process.Signal(Kills.SIGKILL);
            _host.KillDaemon();
            foreach (var part in parts)
            {
                Assert.True(part.Process.WaitForEnd(TimeSpan.FromMinutes(1)));
                part.Dispose();
            }

            Thread.Sleep(_random.Next(0, 30));
            _host.StartDaemon();
        }
    });

    private void UnderLoad(Action<string> kill)
    {
        var site = Sites.Counting(_host).Replace("publish: [\"8080:80\"]", "publish: [\"8080:80\", \"9999:9999/udp\"]", StringComparison.Ordinal);
        _host.Up(site);
        Assert.True(Web.Answers(_host, 8080));
        var pids = _host.Ps().Select(m => (m.Name, m.Pid)).ToList();
        var file = Path.Join(_host.Prefix, "again.yaml");
        File.WriteAllText(file, site);
        using var load = new Load(_host);

        kill(file);

        Assert.Equal(pids, _host.Ps().Select(m => (m.Name, m.Pid)));
        Assert.Equal(0, _host.Hyperspector("up", "-f", file).Status.ShellCode);
        Assert.Equal(pids, _host.Ps().Select(m => (m.Name, m.Pid)));
        foreach (var part in PartFinder.PidFiles(_host))
            WaitForOne(part).Dispose();
        AssertSeesTheServer();
        load.Stop();
        load.AssertServed();
        load.AssertAllFramesCaptured();
        Oracle.AssertEventsAreTheLinesWritten(_host, atLeast: 1000);

        _host.Down();
        _host.StopDaemon();
        Assert.Equal("", string.Join('\n', _host.Leftovers()));
    }

    // By a command that starts now: what had the views open when all were killed at once has lost them.
    private void AssertSeesTheServer()
    {
        var written = _host.Exec("web", "sh", "-c", "date +%N > /var/tmp/now; cat /var/tmp/now");
        Assert.True(written.Status.Succeeded, written.Error);
        var seen = _host.Exec("edge", "cat", "/.serverfs/var/tmp/now", "/.dserverfs/var/tmp/now");
        Assert.Equal(written.Output + written.Output, seen.Output);
    }

    private PartProcess WaitForOne(string pidFile) => PartFinder.WaitFor(_host, pidFile);

    private string[] Shuffled(List<string> items)
    {
        var order = items.ToArray();
        _random.Shuffle(order);
        return order;
    }
}
