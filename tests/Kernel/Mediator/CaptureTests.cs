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
        WaitUntil(0);
    }

    [Fact]
    public void Capture_OnAnotherInterface_DoesNotHoldTheMirrorUntilItIsBoundAnew()
    {
        using var victim = _host.StartVictim();
        const int Elsewhere = 4711;
        _host.Watch(victim, _flag, Elsewhere);
        Assert.Equal("opened", victim.Do("open lo"));
        Assert.Equal(1u, _page.Load());
        WaitUntil(0);

        // Now the mirror is the interface that it is bound to: as if it had been bound anew, which traps nothing.
        _host.Client.AddMirror(0, _flag.Descriptor, Loopback);
        WaitUntil(1);
    }

    [Fact]
    public void Always_CopiesWithoutACapture()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, Loopback);
        _host.Client.AddMirror(0, _flag.Descriptor, Loopback, always: true);
        WaitUntil(1);
        Thread.Sleep(TimeSpan.FromSeconds(5));
        Assert.Equal(1u, _page.Load());
    }

    [Fact]
    public void Capture_RunningBeforeTheMirrorIsMade_IsFound()
    {
        using var victim = _host.StartVictim();
        Assert.Equal("opened", victim.Do("open"));
        _host.Watch(victim, _flag, Loopback);
        WaitUntil(1);
    }

    [Fact]
    public void Idle_CostsNothing()
    {
        using var victim = _host.StartVictim();
        _host.Watch(victim, _flag, Loopback);
        _ = _host.WaitFor(s => s.Listeners == 1);
        using var monitor = _host.Monitor();

        // How long it takes to come to rest depends on what else runs here; once at rest, nothing wakes it.
        var rested = false;
        for (var attempt = 0; attempt < 12 && !rested; attempt++)
        {
            var before = Switches(monitor.Pid) + Switches(_host.KeeperPid);
            Thread.Sleep(TimeSpan.FromSeconds(5));
            rested = before == Switches(monitor.Pid) + Switches(_host.KeeperPid);
        }

        Assert.True(rested, "monitor or keeper wake up although nothing happens");
    }

    private void WaitUntil(uint value)
    {
        var started = Stopwatch.GetTimestamp();
        while (_page.Load() != value && Stopwatch.GetElapsedTime(started).TotalSeconds < 60)
            Thread.Sleep(10);
        Assert.Equal(value, _page.Load());
    }

    private static long Switches(int pid) => Directory.GetDirectories($"/proc/{pid}/task")
        .SelectMany(task => File.ReadLines($"{task}/status"))
        .Where(line => line.Contains("ctxt_switches", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split('\t')[1], System.Globalization.CultureInfo.InvariantCulture));
}
