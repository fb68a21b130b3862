using System.Globalization;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life.Faults;

/// <summary>
/// A daemon that is killed at any of its steps leaves nothing that the next one cannot finish or undo. The steps are counted, not
/// guessed: every call of the daemon that changes the world is one (interpose.c). All of them are tried where FAULTS=all
/// (<c>make faults</c>); else a dozen of each operation, evenly spaced, others every day.
/// </summary>
public sealed class FaultTests(ITestOutputHelper output) : IDisposable
{
    private const int Port = 8080;
    private const int OtherPort = 8081;
    private const int PointsOfAShortRun = 12;
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    /// <summary>From nothing.</summary>
    [Fact]
    public void Up_KilledAtEachStep_CanBeRepeatedAndUndone()
    {
        var site = new FaultSite(_host);
        Try(prepare: () => { }, operation: () => Up(site.At(Port)), repeat: () => UpAndCheck(site.At(Port), Port));
    }

    /// <summary>A daemon adopts what an earlier one made, and takes it down.</summary>
    [Fact]
    public void Down_KilledAtEachStep_CanBeRepeatedAndUndone()
    {
        var site = new FaultSite(_host);
        Try(prepare: () => UpAndLeave(site.At(Port)), operation: Down, repeat: () => UpAndCheck(site.At(Port), Port));
    }

    /// <summary>A daemon replaces an earlier one, and both VMs and their ports are changed.</summary>
    [Fact]
    public void Upgrade_KilledAtEachStep_CanBeRepeatedAndUndone()
    {
        var site = new FaultSite(_host);
        Try(
            prepare: () => UpAndLeave(site.At(Port)),
            operation: () => Up(site.Changed(OtherPort)),
            repeat: () => UpAndCheck(site.Changed(OtherPort), OtherPort));
    }

    private void Try(Action prepare, Func<bool> operation, Action repeat)
    {
        var interposer = new Interposer(_host);
        prepare();
        Assert.False(KilledAt(interposer, 0, operation), _host.DaemonLog);
        var steps = interposer.Steps;
        Clean();
        // What an operation is made of was seen; else the enumeration would prove nothing.
        Assert.Contains(steps, s => s.StartsWith("posix_spawn ", StringComparison.Ordinal) && s.Contains("runc", StringComparison.Ordinal));
        Assert.Contains(steps, s => s.StartsWith("rename ", StringComparison.Ordinal) && s.EndsWith("/host.json", StringComparison.Ordinal));

        var all = System.Environment.GetEnvironmentVariable("FAULTS") == "all";
        var stride = all ? 1 : Math.Max(1, steps.Count / PointsOfAShortRun);
        var first = 1 + (all ? 0 : (int)(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 86400 % stride));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{steps.Count} steps; tried: every {stride}. from {first} on"));
        var tried = 0;
        // To the end of the operation, however many steps it takes this time.
        for (var point = first; ; point += stride)
        {
            prepare();
            if (!KilledAt(interposer, point, operation))
                break;
            var last = interposer.Steps is [.., var step] ? step : "its start";
            try
            {
                _host.StartDaemon();
                // By turns: finished after all, or undone at once.
                if (tried++ % 2 == 0)
                    repeat();
                Clean();
            }
            catch (Exception error) when (error is IOException or Xunit.Sdk.IAssertionException)
            {
                throw new IOException($"killed at step {point} ({last}): {error.Message}", error);
            }
        }

        Clean();
        output.WriteLine($"{tried} kills");
        Assert.True(tried >= Math.Min(PointsOfAShortRun, steps.Count) - 1, $"only {tried} kills");
    }

    /// <summary>Runs an operation by a daemon of its own that dies at a step; false: it did not come so far, and all went well.</summary>
    private bool KilledAt(Interposer interposer, int step, Func<bool> operation)
    {
        _host.StopDaemon();
        bool done;
        try
        {
            _host.StartDaemon(interposer.KillAt(step));
            done = operation();
        }
        catch (IOException) when (_host.DaemonPid is null)
        {
            // It died while it was taking over.
            done = false;
        }

        // The one who asked sees the connection's end a moment before the daemon's.
        for (var attempt = 0; attempt < 1000 && !done && _host.DaemonPid is not null; attempt++)
            Thread.Sleep(10);
        var killed = _host.DaemonPid is null;
        Assert.True(killed || done, $"failed at step {step} without having been killed\n{_host.DaemonLog}");
        _host.StopDaemon();
        return killed;
    }

    private void Clean()
    {
        _host.StartDaemon();
        _host.Down();
        _host.StopDaemon();
        var left = _host.Leftovers();
        Assert.True(left.Count == 0, $"left behind:\n{string.Join('\n', left)}");
    }

    private bool Up(string site)
    {
        var file = $"{_host.Prefix}/fault.yaml";
        File.WriteAllText(file, site);
        return _host.Hyperspector("up", "-f", file).Status.Succeeded;
    }

    private bool Down() => _host.Hyperspector("down").Status.Succeeded;

    private void UpAndLeave(string site)
    {
        _host.Up(site);
        _host.StopDaemon();
    }

    private void UpAndCheck(string site, int port)
    {
        _host.Up(site);
        FaultSite.AssertWorks(_host, port);
    }
}
