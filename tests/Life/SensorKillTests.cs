using HyperSpector.Linux.Handles;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>
/// The sensor is the first process of its IDS VM: the kernel ends the VM with it (pid_namespaces(7)). What must hold: the server serves
/// on; the IDS VM is made anew and captures again; that it was gone is an event; and every line that the IDS had written by then
/// becomes one event, as do those of its successor.
/// </summary>
public sealed class SensorKillTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Sensor_Killed_TheServerServesOnAndNoLineIsLostOrDoubled()
    {
        var site = Sites.Counting(_host).Replace("publish: [\"8080:80\"]", "publish: [\"8080:80\", \"9999:9999/udp\"]", StringComparison.Ordinal);
        _host.Up(site);
        Assert.True(Web.Answers(_host, 8080));
        var web = Pid("web");
        using var load = new Load(_host);
        for (var kill = 0; kill < Kills.Rounds; kill++)
        {
            using (var sensor = PidFd.TryOpen(Pid("edge")))
            {
                Assert.True(sensor!.Signal(Kills.SIGKILL));
                Assert.True(sensor.WaitForEnd(TimeSpan.FromMinutes(1)));
            }

            // Twice by its restart policy alone, whose pauses grow; then at once, by an 'up' that changes nothing else.
            if (kill >= 2)
                _host.Up(site);
            WaitForMirror();
        }

        Assert.Equal(web, Pid("web"));
        load.Stop();
        load.AssertServed();
        Oracle.AssertEventsAreTheLinesWritten(_host, atLeast: 10 * Kills.Rounds);
        Assert.Equal(Kills.Rounds, _host.Alerts().Count(e => e.Kind == "machine" && e.Environment == "edge"));

        _host.Down();
        _host.StopDaemon();
        Assert.Equal("", string.Join('\n', _host.Leftovers()));
    }

    private int Pid(string machine) => _host.Ps().Single(m => m.Name == machine).Pid ?? 0;

    private void WaitForMirror()
    {
        for (var attempt = 0; attempt < 1200; attempt++)
        {
            var status = _host.Status();
            if (status.Machines.All(m => m.State == "running") && status.Mirrors is [{ Active: true }])
                return;
            Thread.Sleep(50);
        }

        Assert.Fail($"no capture after a minute\n{_host.DaemonLog}");
    }
}
