namespace HyperSpector.Engine.Hosts;

/// <summary>
/// When a process of ours that died is started again. At once as a rule: whoever kills it shall not win a second. Ever later when
/// it dies young again and again: what cannot start must not spin.
/// </summary>
internal sealed class Pacing
{
    private const int FreeStarts = 4;
    private static readonly TimeSpan s_young = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(8);

    private DateTimeOffset _started;
    private int _youngDeaths;

    /// <summary>True, and counted as a start, if it may be started now.</summary>
    internal bool TryStart(DateTimeOffset now)
    {
        if (now < _started + Pause)
            return false;
        _youngDeaths = now - _started - Pause < s_young ? _youngDeaths + 1 : 0;
        _started = now;
        return true;
    }

    private TimeSpan Pause => _youngDeaths < FreeStarts
        ? TimeSpan.Zero
        : TimeSpan.FromSeconds(Math.Min(Math.Pow(2, _youngDeaths - FreeStarts), s_longest.TotalSeconds));
}
