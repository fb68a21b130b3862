using System.Diagnostics;
using HyperSpector.Api.Messages;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>Health checks, and servers that are started only once something else is there; by the whole program.</summary>
public class StartTests
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    [Fact]
    public void Server_ThatDependsOnHealthAndCapture_StartsAfterBoth()
    {
        using var host = new TestHost();
        host.Up("""
            servers:
              web:
                run: [/bin/sleep, "1000"]
                depends_on: {db: healthy}
                start: captured
              db:
                run: [/bin/sh, -c, "sleep 2; touch /tmp/ready; exec sleep 1000"]
                health: {run: [test, -e, /tmp/ready], interval: 500ms}
            environments:
              edge:
                watch: [web]
                run: [/bin/sh, -c, "sleep 4; exec tcpdump -Z root -ni mon0 -w - > /dev/null"]
            """);

        // No waiting here: 'up' has waited.
        var status = host.Status();
        Assert.True(Assert.Single(status.Mirrors).Active);
        var web = Get(host, "web");
        Assert.Equal(("running", null), (web.State, web.Health));
        Assert.Equal("healthy", Get(host, "db").Health);
        var turned = Assert.Single(host.Alerts(), a => a.Kind == "health");
        Assert.Equal("db: is healthy", turned.Summary);
        // From this moment on the check can succeed; the event is written when 'up' has its turn behind it.
        var ready = double.Parse(host.Exec("db", "stat", "-c", "%.Y", "/tmp/ready").Output, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(web.Started >= DateTimeOffset.UnixEpoch.AddSeconds(ready), $"web started at {web.Started:O}, before db was ready at {ready}");

        // The same again on the way back after the daemon's death: nothing is started anew.
        host.KillDaemon();
        host.StartDaemon();
        Assert.Equal(web.Pid, Get(host, "web").Pid);
        Await(host, "db", m => m.Health == "healthy");
    }

    [Fact]
    public void Health_ThatFails_TurnsAndRestartsTheMachineWhereAskedFor()
    {
        using var host = new TestHost();
        host.Up("""
            servers:
              db:
                run: [/bin/sh, -c, "rm -f /tmp/broken; exec sleep 1000"]
                health: {run: "test ! -e /tmp/broken", interval: 300ms, retries: 2, start_period: 0s, restart: true}
              slow:
                run: [/bin/sleep, "1000"]
                health: {run: [/bin/sleep, "777"], interval: 100ms, timeout: 500ms, retries: 2, start_period: 0s}
            """);

        Await(host, "db", m => m.Health == "healthy");
        _ = host.Exec("db", "touch", "/tmp/broken");
        Await(host, "db", m => m is { Restarts: 1, Health: "healthy" });
        Assert.Contains(host.Alerts(), a => a is { Kind: "health", Server: "db", Severity: "medium" });

        // A check that hangs is ended, and so is what it ran: none but the one under way.
        Await(host, "slow", m => m.Health == "unhealthy");
        var left = host.Exec("slow", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o '[s]leep 777' | wc -l").Output.Trim();
        Assert.True(int.Parse(left, System.Globalization.CultureInfo.InvariantCulture) <= 1, $"{left} checks were left behind");
        Assert.Equal(0, Get(host, "slow").Restarts);

        host.Down();
        host.StopDaemon();
        Assert.Equal("", string.Join('\n', host.Leftovers()));
    }

    [Fact]
    public void Server_WhoseIdsNeverCaptures_IsNotStarted()
    {
        using var host = new TestHost();
        host.StartDaemon();
        var file = Path.Join(host.Prefix, "blind.yaml");
        File.WriteAllText(file, """
            servers:
              web: {run: [/bin/sh, -c, "touch /tmp/started; exec sleep 1000"], start: captured, start_within: 2s}
            environments:
              edge: {watch: [web], run: [/bin/sleep, "1000"]}
            """);

        var result = host.Hyperspector("up", "-f", file);

        Assert.Equal(1, result.Status.ShellCode);
        Assert.Contains("web: not started: waited 2 s for the IDS of 'edge' to capture; 'start_within' gives it more time", result.Error, StringComparison.Ordinal);
        host.StopDaemon();
        Assert.Equal("", string.Join('\n', host.Leftovers()));
    }

    private static MachineStatus Get(TestHost host, string name) => host.Ps().Single(m => m.Name == name);

    private static void Await(TestHost host, string name, Func<MachineStatus, bool> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition(Get(host, name)))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < s_longest, $"{Get(host, name)}\n{host.DaemonLog}");
            Thread.Sleep(100);
        }
    }
}
