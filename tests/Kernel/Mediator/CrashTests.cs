using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using Xunit;

namespace HyperSpector.Tests.Kernel.Mediator;

/// <summary>Keeper and monitor die in every way; the VM must not notice.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly MediatorHost _host = new();
    private readonly BpfMap _flag = BpfMap.CreateFlag();
    private readonly MappedPage _page;

    public CrashTests() => _page = new MappedPage(_flag.Descriptor);

    public void Dispose()
    {
        _page.Dispose();
        _host.Dispose();
        _flag.Dispose();
    }

    [Fact]
    public void Monitor_KilledAtRandom_LosesNoCall()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, 1);
        victim.Begin("loop 8");
        var respawns = 0;
        // More would outlast the loop: a monitor that dies young is replaced the later.
        for (var i = 0; i < 8; i++)
        {
            Thread.Sleep(Random.Shared.Next(20, 250));
            _host.KillMonitor();
            respawns = _host.WaitFor(s => s.MonitorPid != 0 && s.Respawns > respawns).Respawns;
        }

        // Every call was answered, and as if nothing had happened.
        var result = Victim.Numbers(victim.ReadLine());
        Assert.True(result[0] > 100, $"{result[0]} calls");
        Assert.Equal(0, result[1]);
        Assert.Equal(8, respawns);
    }

    [Fact]
    public void Keeper_KilledAtRandom_LosesNoCall()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, 1);
        _ = _host.WaitFor(s => s.Listeners == 1);
        victim.Begin("loop 6");
        for (var i = 0; i < 10; i++)
        {
            Thread.Sleep(Random.Shared.Next(20, 250));
            _host.KillKeeper();
            // The monitor serves on alone.
            using (var monitor = PartProcess.Find(_host.Paths.MonitorPid))
                Assert.True(monitor is { IsAlive: true });
            Thread.Sleep(Random.Shared.Next(0, 100));
            _host.StartAgain();
            var status = _host.WaitFor(s => s is { Listeners: 1, Mirrors: 1, HasDiagSocket: true } && s.MonitorPid != 0);
            Assert.Equal(0, status.Respawns);
        }

        var result = Victim.Numbers(victim.ReadLine());
        Assert.True(result[0] > 100, $"{result[0]} calls");
        Assert.Equal(0, result[1]);
    }

    [Fact]
    public void Keeper_KilledWhileItsMonitorStarts_LosesNoDescriptor()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, 1);
        _ = _host.WaitFor(s => s is { Listeners: 1, Mirrors: 1 });
        // The new monitor has hardly begun; what it was sent is still in the socket.
        _host.KillMonitor();
        Assert.True(SpinWait.SpinUntil(() => PartProcess.Find(_host.Paths.MonitorPid) is not null, TimeSpan.FromSeconds(60)));
        Thread.Sleep(2);
        _host.KillKeeper();
        _host.StartAgain();
        _ = _host.WaitFor(s => s is { Listeners: 1, Mirrors: 1, HasDiagSocket: true } && s.MonitorPid != 0);
        Assert.Equal("opened", victim.Do("open"));
        Assert.Equal(1u, _page.Load());
    }

    [Fact]
    public void Keeper_Killed_MonitorStillDetaches()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, 1);
        _ = _host.WaitFor(s => s.Listeners == 1 && s.Mirrors == 1);
        _host.KillKeeper();
        Assert.Equal("opened", victim.Do("open"));
        Assert.Equal(1u, _page.Load());
        Assert.Equal("closed", victim.Do("close"));
        Assert.True(SpinWait.SpinUntil(() => _page.Load() == 0, TimeSpan.FromSeconds(60)));
        _host.StartAgain();
    }

    [Fact]
    public void Both_KilledAtOnce_CaptureGoesOnAndNewCommandsWork()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, 1);
        Assert.Equal("opened", victim.Do("open"));
        using (var monitor = _host.Monitor())
        {
            _host.KillKeeper();
            _ = monitor.Process.Signal(9);
            _ = monitor.Process.WaitForEnd(TimeSpan.FromSeconds(60));
        }

        _host.StartAgain();
        // The daemon hands in again what it knows.
        _host.Watch(victim, _flag, 1);
        Thread.Sleep(TimeSpan.FromSeconds(6));
        Assert.Equal(1u, _page.Load());
        // Listeners that nobody held are gone, and with them what their processes could trap: ENOSYS, not a hang.
        Assert.Equal("errno 38", victim.Do("open"));
        Assert.Equal("closed", victim.Do("close"));
        Assert.True(SpinWait.SpinUntil(() => _page.Load() == 0, TimeSpan.FromSeconds(60)));
        using var later = _host.StartVictim();
        Assert.Equal("opened", later.Do("open"));
        Assert.Equal(1u, _page.Load());
    }

    [Fact]
    public void Keeper_Stopped_LeavesNothing()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, 1);
        using var monitor = _host.Monitor();
        _host.StopKeeper();
        Assert.False(monitor.IsAlive);
        Assert.Equal(["log"], Directory.GetFileSystemEntries(_host.Paths.Directory).Select(Path.GetFileName));
    }

    [Fact]
    public void Keeper_StartedTwice_RefusesTheSecond()
    {
        var result = Tool.Run(
            $"{Kit.Hosts.TestHost.Programs}/hyperspector-keeper", ["--run", _host.Paths.Directory, "--uid", "64123"]);
        Assert.Equal(1, result.Status.Code);
        Assert.Contains("another keeper", result.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, _host.WaitFor(s => s.MonitorPid != 0).MonitorPid);
    }
}
