using System.Diagnostics;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using Xunit;

namespace HyperSpector.Tests.Kernel.Mediator;

/// <summary>When frames are copied: from before the first packet socket until after the last.</summary>
public sealed class CaptureTests : IDisposable
{
    private const int Loopback = 1;
    private readonly MediatorHost _host = new();
    private readonly BpfMap _flag = BpfMap.CreateFlag();
    private readonly MappedPage _page;

    public CaptureTests() => _page = new MappedPage(_flag.Descriptor);

    public void Dispose()
    {
        _page.Dispose();
        _host.Dispose();
        _flag.Dispose();
    }

    [Fact]
    public void Capture_FromBeginningToEnd_SwitchesTheFlag()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, Loopback);
        Assert.Equal(0u, _page.Load());
        Assert.Equal("opened", victim.Do("open"));
        Assert.Equal(1u, _page.Load());
        var status = _host.WaitFor(s => s.Active == 1);
        Assert.Equal((1, 1, true, 1UL), (status.Listeners, status.Mirrors, status.HasDiagSocket, status.Traps));

        // It stays while the socket is there, however long.
        Thread.Sleep(TimeSpan.FromSeconds(5));
        Assert.Equal(1u, _page.Load());

        Assert.Equal("closed", victim.Do("close"));
        var seconds = SecondsUntil(0);
        Assert.InRange(seconds, 1.9, 7);
    }

    [Fact]
    public void Capture_OnAnotherInterface_DoesNotHoldTheMirrorUntilItIsBoundAnew()
    {
        using var victim = _host.StartVictim();
        const int Elsewhere = 4711;
        _host.Watch(victim, _flag, Elsewhere);
        Assert.Equal("opened", victim.Do("open lo"));
        Assert.Equal(1u, _page.Load());
        Assert.InRange(SecondsUntil(0), 1.9, 7);

        // Now the mirror is the interface that it is bound to: as if it had been bound anew, which traps nothing.
        _host.Client.AddMirror(0, _flag.Descriptor, Loopback);
        Assert.InRange(SecondsUntil(1), 0, 3);
    }

    [Fact]
    public void Always_CopiesWithoutACapture()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, Loopback);
        _host.Client.AddMirror(0, _flag.Descriptor, Loopback, always: true);
        Assert.InRange(SecondsUntil(1), 0, 3);
        Thread.Sleep(TimeSpan.FromSeconds(5));
        Assert.Equal(1u, _page.Load());
    }

    [Fact]
    public void Capture_RunningBeforeTheMirrorIsMade_IsFound()
    {
        using var victim = _host.StartVictim();
        Assert.Equal("opened", victim.Do("open"));
        _host.Watch(victim, _flag, Loopback);
        Assert.InRange(SecondsUntil(1), 0, 3);
    }

    [Fact]
    public void Idle_CostsNothing()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, Loopback);
        _ = _host.WaitFor(s => s.Listeners == 1);
        Thread.Sleep(500);
        using var monitor = _host.Monitor();
        var before = Switches(monitor.Pid) + Switches(_host.KeeperPid);
        Thread.Sleep(TimeSpan.FromSeconds(5));
        Assert.Equal(before, Switches(monitor.Pid) + Switches(_host.KeeperPid));
    }

    [Fact]
    public void RoundTrip_IsShort()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, Loopback);
        _ = _host.WaitFor(s => s.Listeners == 1);
        _ = victim.Do("time 200");
        var times = Victim.Numbers(victim.Do("time 5000"));
        TestContext.Current.TestOutputHelper?.WriteLine($"trap, answered: median {times[0]} ns, p90 {times[1]} ns, p99 {times[2]} ns");
        // Without the wake-up on the caller's core it is four times as long.
        Assert.InRange(times[0], 1, 25_000);
    }

    private double SecondsUntil(uint value)
    {
        var started = Stopwatch.GetTimestamp();
        while (_page.Load() != value && Stopwatch.GetElapsedTime(started).TotalSeconds < 20)
            Thread.Sleep(10);
        Assert.Equal(value, _page.Load());
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static long Switches(int pid) => Directory.GetDirectories($"/proc/{pid}/task")
        .SelectMany(task => File.ReadLines($"{task}/status"))
        .Where(line => line.Contains("ctxt_switches", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split('\t')[1], System.Globalization.CultureInfo.InvariantCulture));
}
