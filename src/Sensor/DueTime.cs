using HyperSpector.Linux.Calls;

namespace HyperSpector.Sensor;

/// <summary>
/// When a command is due. One that is kept running: at once, and after an end ever later while it lives short. One that runs at
/// intervals: from one start to the next, but never before it has ended; one that says "not now" is asked again soon.
/// </summary>
internal sealed class DueTime
{
    // EX_TEMPFAIL of sysexits.h.
    private const int NotNow = 75;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    private readonly TimeSpan? _every;
    private readonly TimeProvider _clock;
    private long _since;
    private long? _started;
    private TimeSpan _delay;
    private TimeSpan _lastPause;

    internal DueTime(TimeSpan? every, TimeProvider clock)
    {
        _every = every;
        _clock = clock;
        _since = clock.GetTimestamp();
    }

    /// <summary>Zero: now.</summary>
    internal TimeSpan Left
    {
        get
        {
            var left = _delay - _clock.GetElapsedTime(_since);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    internal void Started() => _started = _clock.GetTimestamp();

    internal void CouldNotStart()
    {
        _started = null;
        Pause();
    }

    internal void Ended(ExitStatus status)
    {
        if (_every is not { } every || status.ShellCode == NotNow)
        {
            // A command that ran for a while starts anew with the shortest delay.
            if (_every is null && _started is { } started && _clock.GetElapsedTime(started) > LongestDelay)
                _lastPause = TimeSpan.Zero;
            Pause();
            return;
        }

        _lastPause = TimeSpan.Zero;
        _since = _started!.Value;
        _delay = every;
    }

    private void Pause()
    {
        _lastPause = _lastPause == TimeSpan.Zero ? FirstDelay : _lastPause * 2;
        if (_lastPause > LongestDelay)
            _lastPause = LongestDelay;
        _since = _clock.GetTimestamp();
        _delay = _lastPause;
    }
}
