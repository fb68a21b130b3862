using HyperSpector.Engine.Mediator;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>
/// kill -9 of what serves the views of disks, in the middle of scans in the IDS VM: every scan ends, and says what the first one said. An
/// IDS never sees "Transport endpoint is not connected" (design §5).
/// </summary>
public sealed class ScanKillTests : IDisposable
{
    // Names, kinds, ids, sizes, times, and every byte. The whole is kept, by its hash.
    private const string Command = """
        cd /.serverfs/usr/sbin
        { find . ! -name . -printf '%p %y %m %U %G %s %T@ %l\n'; find . -type f -print0 | sort -z | xargs -0 sha256sum; } 2>&1 | grep -v storm | sort > /tmp/scan
        hash=$(sha256sum < /tmp/scan); hash=${hash%% *}; mv /tmp/scan "/tmp/$hash"; echo "$hash"
        """;

    private readonly TestHost _host = new();
    private readonly Random _random = new(2004);

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Views_KilledDuringScans_EachScanSaysTheSame()
    {
        var views = Up();
        UnderScans(() =>
        {
            for (var round = 0; round < Kills.Rounds; round++)
            {
                Thread.Sleep(_random.Next(0, 200));
                PartFinder.Kill(_host, views);
            }
        });
    }

    [Fact]
    public void Views_KilledWhileNamesAreWithdrawn_EachScanSaysTheSame()
    {
        // A thread that withdraws a name waits in the kernel for searches of that directory that its own process was answering: after a
        // kill it does not leave before somebody else has answered them.
        var views = Up();
        using var storm = _host.StartExec("web", ["sh", "-c", "echo ready; while :; do : > /usr/sbin/storm; rm /usr/sbin/storm; done"]);
        storm.WaitFor("ready");
        UnderScans(() =>
        {
            for (var round = 0; round < Kills.Rounds; round++)
            {
                Thread.Sleep(_random.Next(0, 400));
                PartFinder.Kill(_host, views);
            }
        });
    }

    [Fact]
    public void KeeperAndDaemon_KilledDuringScans_EachScanSaysTheSame()
    {
        _ = Up();
        var keeper = new MediatorPaths(_host.Paths.MachineRun("edge")).KeeperPid;
        UnderScans(() =>
        {
            for (var round = 0; round < Kills.Rounds; round++)
            {
                Thread.Sleep(_random.Next(0, 200));
                PartFinder.Kill(_host, keeper);
                Thread.Sleep(_random.Next(0, 50));
                _host.KillDaemon();
                _host.StartDaemon();
            }
        });
    }

    // Returns the pid file of what serves the views.
    private string Up()
    {
        _host.Up(Sites.Idle);
        return new MediatorPaths(_host.Paths.MachineRun("edge")).ViewsPid;
    }

    private void UnderScans(Action kill)
    {
        string once;
        using (var first = new Scans(_host, Command, 1))
            once = first.Results(1)[0];
        using var scans = new Scans(_host, Command, 10_000);
        kill();
        // One that began before the last kill, and one that began after it.
        var results = scans.Results(scans.Count + 2);
        foreach (var other in results.Where(r => r != once).Distinct())
            Assert.Fail($"not as the first scan: {_host.Exec("edge", "diff", $"/tmp/{once}", $"/tmp/{other}").Output}");
        _host.Down();
        _host.StopDaemon();
        Assert.Equal("", string.Join('\n', _host.Leftovers()));
    }
}
