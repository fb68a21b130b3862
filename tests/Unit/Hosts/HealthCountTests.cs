using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts.Health;
using Xunit;

namespace HyperSpector.Tests.Unit.Hosts;

public class HealthCountTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly HealthSpec s_spec = new()
    {
        Run = ["true"],
        Interval = TimeSpan.FromSeconds(30),
        Retries = 3,
        StartPeriod = TimeSpan.FromSeconds(10),
    };

    [Fact]
    public void Take_FirstPass_IsHealthyAndTurnsOnce()
    {
        var count = new HealthCount(s_spec, s_start);
        Assert.Equal(HealthState.Starting, count.State);
        Assert.True(count.Take(passed: true, At(1)));
        Assert.Equal(HealthState.Healthy, count.State);
        Assert.False(count.Take(passed: true, At(2)));
    }

    [Fact]
    public void Take_FailuresInARow_TurnAtTheLastOfThem()
    {
        var count = new HealthCount(s_spec, s_start);
        _ = count.Take(passed: true, At(1));
        Assert.Equal([false, false, true, false], Fail(count, 4, 2));
        Assert.Equal(HealthState.Unhealthy, count.State);
        Assert.True(count.Take(passed: true, At(9)));
        Assert.Equal(HealthState.Healthy, count.State);
    }

    [Fact]
    public void Take_APassBetweenFailures_BeginsTheCountAgain()
    {
        var count = new HealthCount(s_spec, s_start);
        Assert.Equal([false, false], Fail(count, 2, 20));
        _ = count.Take(passed: true, At(22));
        Assert.Equal([false, false], Fail(count, 2, 23));
        Assert.Equal(HealthState.Healthy, count.State);
    }

    [Fact]
    public void Take_FailuresWhileItStarts_DoNotCount()
    {
        var count = new HealthCount(s_spec, s_start);
        Assert.All(Fail(count, 9, 0), Assert.False);
        Assert.Equal(HealthState.Starting, count.State);
        Assert.Equal([false, false, true], Fail(count, 3, 10));
    }

    [Fact]
    public void Take_FailuresInTheStartPeriodAfterAPass_Count()
    {
        var count = new HealthCount(s_spec, s_start);
        _ = count.Take(passed: true, At(1));
        Assert.Equal([false, false, true], Fail(count, 3, 2));
    }

    [Fact]
    public void Pause_WhileItStarts_IsShort()
    {
        var count = new HealthCount(s_spec, s_start);
        Assert.Equal(TimeSpan.FromSeconds(1), count.Pause(At(0)));
        Assert.Equal(TimeSpan.FromSeconds(30), count.Pause(At(10)));
        _ = count.Take(passed: true, At(1));
        Assert.Equal(TimeSpan.FromSeconds(30), count.Pause(At(1)));
        var fast = new HealthCount(s_spec with { Interval = TimeSpan.FromMilliseconds(200) }, s_start);
        Assert.Equal(TimeSpan.FromMilliseconds(200), fast.Pause(At(0)));
    }

    private static List<bool> Fail(HealthCount count, int times, int from) =>
        [.. Enumerable.Range(from, times).Select(second => count.Take(passed: false, At(second)))];

    private static DateTimeOffset At(int second) => s_start + TimeSpan.FromSeconds(second);
}
