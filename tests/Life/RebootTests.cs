using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>A reboot of the machine ends every process and empties /run; the daemon's start brings back what was up.</summary>
public class RebootTests
{
    [Fact]
    public void Daemon_AfterAReboot_BringsEverythingBackWithLayersAndEvents()
    {
        using var host = new TestHost();
        // A policy for first processes that end by themselves says nothing about a machine that went down.
        host.Up(Sites.Counting(host).Replace("  web:", "  web:\n    restart: \"no\"", StringComparison.Ordinal));
        Assert.Equal(0, host.Exec("web", "sh", "-c", "echo kept > /root/kept").Status.ShellCode);
        Assert.Equal(0, host.Exec("edge", "sh", "-c", "echo kept > /root/kept").Status.ShellCode);
        Eventually.Holds("the IDS has said something", () => host.Alerts().Count(e => e.Kind == "line") > 100);

        host.Reboot();
        Assert.DoesNotContain(host.Leftovers(), l => !l.StartsWith($"file {host.Paths.State}", StringComparison.Ordinal));
        host.StartDaemon();

        Assert.Equal(["web", "edge"], host.Ps().Where(m => m.State == "running").Select(m => m.Name));
        Assert.Equal("kept", host.Exec("web", "cat", "/root/kept").Output.Trim());
        Assert.Equal("kept", host.Exec("edge", "cat", "/root/kept").Output.Trim());
        Assert.True(Web.Answers(host, 8080));
        var before = host.Alerts().Count(e => e.Kind == "line");
        Assert.True(before > 100, $"{before} events");
        // The counter of the pack begins again at 1; what it wrote before the reboot is there once, in order.
        Eventually.Holds("events go on", () => host.Alerts().Count(e => e.Kind == "line") > before + 100);
        var events = host.Alerts().Where(e => e.Kind == "line").ToList();
        Assert.Equal(events.Count, events.DistinctBy(e => e.Id).Count());
        var numbers = events.Select(e => int.Parse(e.Summary.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        var again = numbers.LastIndexOf(1);
        Assert.True(again > 0, "the counter did not begin anew");
        Assert.Equal(Enumerable.Range(1, again), numbers[..again]);
        Assert.Equal(Enumerable.Range(1, numbers.Count - again), numbers[again..]);
        Assert.Equal(2, host.Alerts().Count(e => e.Kind == "machine" && e.Summary.Contains("the host was restarted", StringComparison.Ordinal)));
        Eventually.Holds("frames are copied", () => Web.Get(host, 8080) && host.Status().Mirrors.Any(m => m.Active && m.Mirrored > 0));

        host.Down();
        host.StopDaemon();
        Assert.Equal("", string.Join('\n', host.Leftovers()));
    }
}
