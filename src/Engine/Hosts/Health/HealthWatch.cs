using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Hosts.Health;

/// <summary>
/// Checks one VM again and again, on a thread of its own: a check that hangs holds up nobody. It ends when it is disposed, at the
/// latest when the check under way has ended.
/// </summary>
internal sealed class HealthWatch : IDisposable
{
    private readonly Func<bool> _check;
    private readonly Action<HealthWatch, HealthState> _turned;
    private readonly Action<string> _log;
    private readonly TimeProvider _clock;
    private readonly HealthCount _count;
    private readonly CancellationTokenSource _end = new();

    // What _count says, for other threads.
    private volatile HealthState _state;

    private HealthWatch(
        HealthSpec spec, DateTimeOffset started, Func<bool> check, Action<HealthWatch, HealthState> turned, Action<string> log, TimeProvider clock)
    {
        (_check, _turned, _log, _clock) = (check, turned, log, clock);
        _count = new HealthCount(spec, started);
    }

    /// <summary>The last that is known.</summary>
    internal HealthState State => _state;

    /// <summary>Begins.</summary>
    /// <param name="spec">How often.</param>
    /// <param name="started">When the VM was started.</param>
    /// <param name="check">One check; an <see cref="IOException"/> means that there was none.</param>
    /// <param name="turned">Told on the watch's thread when the state has changed.</param>
    /// <param name="log">Gets what kept a check from being made.</param>
    /// <param name="clock">Time.</param>
    internal static HealthWatch Start(
        HealthSpec spec, DateTimeOffset started, Func<bool> check, Action<HealthWatch, HealthState> turned, Action<string> log, TimeProvider clock)
    {
        var watch = new HealthWatch(spec, started, check, turned, log, clock);
        new Thread(watch.Loop, 256 * 1024) { IsBackground = true, Name = "health" }.Start();
        return watch;
    }

    // The source itself is left to the garbage collector: the thread may still look at it.
    public void Dispose() => _end.Cancel();

    private void Loop()
    {
        while (!_end.Token.WaitHandle.WaitOne(_count.Pause(_clock.GetUtcNow())))
        {
            bool passed;
            try
            {
                passed = _check();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                if (!_end.IsCancellationRequested)
                    _log($"health check not made: {failure.Message}");
                continue;
            }

            if (_end.IsCancellationRequested || !_count.Take(passed, _clock.GetUtcNow()))
                continue;
            _state = _count.State;
            _turned(this, _state);
        }
    }
}
