using HyperSpector.Engine.Mediator.Capture;
using Xunit;

namespace HyperSpector.Tests.Unit.Mediator;

public sealed class CaptureWatchTests
{
    private const int Mon = 3;
    private const int Loopback = 1;
    private readonly ManualTime _time = new();
    private readonly CaptureWatch _watch;
    private readonly FakeFlag _flag = new();

    public CaptureWatchTests()
    {
        _watch = new CaptureWatch(_time);
        _watch.Add(0, _flag, Mon, always: false);
        Dump(Sockets());
    }

    [Fact]
    public void Idle_HasNoTimer()
    {
        Assert.False(_flag.IsSet);
        Assert.Null(_watch.UntilDump);
    }

    [Fact]
    public void Trap_SetsTheFlagAndLooksAfterTwoSeconds()
    {
        _watch.Trapped();
        Assert.True(_flag.IsSet);
        Assert.Equal(CaptureWatch.Interval, _watch.UntilDump);
    }

    [Fact]
    public void Capture_Ended_DetachesAfterTwoEmptyDumps()
    {
        _watch.Trapped();
        DumpWhenDue(Sockets());
        Assert.True(_flag.IsSet);
        DumpWhenDue(Sockets());
        Assert.False(_flag.IsSet);
        // One more look, at once.
        Assert.Equal(TimeSpan.Zero, _watch.UntilDump);
        Dump(Sockets());
        Assert.False(_flag.IsSet);
        Assert.Null(_watch.UntilDump);
    }

    [Fact]
    public void Capture_FoundAfterDetaching_AttachesAgain()
    {
        _watch.Trapped();
        DumpWhenDue(Sockets());
        DumpWhenDue(Sockets());
        Dump(Sockets(Mon));
        Assert.True(_flag.IsSet);
        Assert.NotNull(_watch.UntilDump);
    }

    [Fact]
    public void Capture_GoingOn_KeepsTheFlag()
    {
        _watch.Trapped();
        for (var i = 0; i < 10; i++)
            DumpWhenDue(Sockets(Mon));
        Assert.True(_flag.IsSet);
        Assert.Equal(CaptureWatch.Interval, _watch.UntilDump);
    }

    [Fact]
    public void Trap_BetweenEmptyDumps_StartsOver()
    {
        _watch.Trapped();
        DumpWhenDue(Sockets());
        _time.Pass(1);
        _watch.Trapped();
        DumpWhenDue(Sockets());
        Assert.True(_flag.IsSet);
        DumpWhenDue(Sockets());
        Assert.False(_flag.IsSet);
    }

    [Fact]
    public void Trap_DuringADump_MakesItWorthless()
    {
        _watch.Trapped();
        DumpWhenDue(Sockets());
        _time.Pass(_watch.UntilDump!.Value.TotalSeconds);
        _watch.DumpStarted();
        _watch.Trapped();
        _watch.DumpEnded(Sockets());
        Assert.True(_flag.IsSet);
    }

    [Fact]
    public void Dumps_InQuickSuccession_DoNotDetach()
    {
        _watch.Trapped();
        _time.Pass(2);
        for (var i = 0; i < 5; i++)
        {
            Dump(Sockets());
            _time.Pass(0.1);
        }

        Assert.True(_flag.IsSet);
    }

    [Fact]
    public void Dump_Failing_NeverDetaches()
    {
        _watch.Trapped();
        for (var i = 0; i < 10; i++)
            DumpWhenDue(null);
        Assert.True(_flag.IsSet);
        DumpWhenDue(Sockets());
        DumpWhenDue(null);
        DumpWhenDue(Sockets());
        Assert.True(_flag.IsSet);
        DumpWhenDue(Sockets());
        Assert.False(_flag.IsSet);
    }

    [Fact]
    public void Dump_Impossible_KeepsTheFlagWithoutATimer()
    {
        _watch.Trapped();
        _watch.CannotDump();
        Assert.True(_flag.IsSet);
        Assert.Null(_watch.UntilDump);
    }

    [Fact]
    public void Socket_OnLoopbackOnly_DoesNotHoldTheMirrorYetIsWatched()
    {
        _watch.Trapped();
        DumpWhenDue(Sockets(Loopback));
        DumpWhenDue(Sockets(Loopback));
        Assert.False(_flag.IsSet);
        Dump(Sockets(Loopback));
        // It can be bound to the mirror without a trapped call.
        DumpWhenDue(Sockets(Mon));
        Assert.True(_flag.IsSet);
    }

    [Fact]
    public void Socket_OnAllInterfaces_HoldsEveryMirror()
    {
        var second = new FakeFlag();
        _watch.Add(1, second, Mon + 1, always: false);
        _watch.Trapped();
        for (var i = 0; i < 3; i++)
            DumpWhenDue(Sockets(0));
        Assert.True(_flag.IsSet && second.IsSet);
        Assert.Equal(0b11UL, _watch.Active);
    }

    [Fact]
    public void Mirrors_AreDetachedOneByOne()
    {
        var second = new FakeFlag();
        _watch.Add(1, second, Mon + 1, always: false);
        _watch.Trapped();
        DumpWhenDue(Sockets(Mon));
        DumpWhenDue(Sockets(Mon));
        DumpWhenDue(Sockets(Mon));
        Assert.True(_flag.IsSet);
        Assert.False(second.IsSet);
    }

    [Fact]
    public void Always_IsSetAtOnceAndStays()
    {
        var always = new FakeFlag();
        _watch.Add(1, always, Mon + 1, always: true);
        Dump(Sockets());
        Assert.True(always.IsSet);
        Assert.Null(_watch.UntilDump);
        _watch.Trapped();
        for (var i = 0; i < 4 && _watch.UntilDump is not null; i++)
            DumpWhenDue(Sockets());
        Assert.True(always.IsSet);
        Assert.False(_flag.IsSet);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Start_WithUnknownState_LooksFirst(bool wasSet)
    {
        var flag = new FakeFlag { IsSet = wasSet };
        var watch = new CaptureWatch(_time);
        watch.Add(0, flag, Mon, always: false);
        Assert.Equal(wasSet, flag.IsSet);
        Assert.Equal(TimeSpan.Zero, watch.UntilDump);
        watch.DumpStarted();
        watch.DumpEnded(Sockets(Mon));
        Assert.True(flag.IsSet);
    }

    [Fact]
    public void Start_WithAFlagThatNobodyNeeds_TakesTwoDumpsTwoSecondsApart()
    {
        var flag = new FakeFlag { IsSet = true };
        var watch = new CaptureWatch(_time);
        watch.Add(0, flag, Mon, always: false);
        watch.DumpStarted();
        watch.DumpEnded(Sockets());
        Assert.True(flag.IsSet);
        Assert.Equal(CaptureWatch.Interval, watch.UntilDump);
        _time.Pass(2);
        watch.DumpStarted();
        watch.DumpEnded(Sockets());
        Assert.False(flag.IsSet);
    }

    [Fact]
    public void Removed_MirrorIsLeftAlone()
    {
        _watch.Remove(0);
        _watch.Trapped();
        Assert.False(_flag.IsSet);
        Assert.Equal(0, _watch.Count);
    }

    private void DumpWhenDue(PacketSockets? found)
    {
        _time.Pass(_watch.UntilDump!.Value.TotalSeconds);
        Dump(found);
    }

    private void Dump(PacketSockets? found)
    {
        _watch.DumpStarted();
        _watch.DumpEnded(found);
    }

    private static PacketSockets Sockets(params uint[] interfaces)
    {
        var found = new PacketSockets();
        foreach (var index in interfaces)
            _ = found.Add(Dumps.Socket(1, index), 1);
        return found;
    }
}
