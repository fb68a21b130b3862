using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Hosts.Health;

/// <summary>What is known about a VM's health.</summary>
internal enum HealthState
{
    /// <summary>Nothing yet.</summary>
    Starting,

    /// <summary>The last check passed, or fewer failed than it takes.</summary>
    Healthy,

    /// <summary>As many checks failed in a row as it takes.</summary>
    Unhealthy,
}

/// <summary>From single checks to a VM's health.</summary>
internal sealed class HealthCount(HealthSpec spec, DateTimeOffset started)
{
    // So that others do not wait for a slow interval when a VM has come up (depends_on: healthy).
    private static readonly TimeSpan s_quick = TimeSpan.FromSeconds(1);

    private int _failures;

    internal HealthState State { get; private set; } = HealthState.Starting;

    /// <summary>Counts a check; true if the state is another one now.</summary>
    internal bool Take(bool passed, DateTimeOffset now)
    {
        var before = State;
        if (passed)
            (State, _failures) = (HealthState.Healthy, 0);
        else if (!IsBeginning(now) && ++_failures >= spec.Retries)
            State = HealthState.Unhealthy;
        return State != before;
    }

    /// <summary>How long to wait before the next check.</summary>
    internal TimeSpan Pause(DateTimeOffset now) => IsBeginning(now) && s_quick < spec.Interval ? s_quick : spec.Interval;

    private bool IsBeginning(DateTimeOffset now) => State == HealthState.Starting && now - started < spec.StartPeriod;
}
