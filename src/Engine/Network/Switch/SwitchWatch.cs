using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Network.Switch;

/// <summary>
/// Waits for the kernel to tell that somebody has changed nft rules, interfaces or filters in the namespace of the thread that made
/// this. It costs nothing while nobody does. Our own changes are told, too: whoever is called looks whether anything is wrong.
/// </summary>
internal sealed class SwitchWatch : IDisposable
{
    // Changes come in crowds; and two programs that undo each other's work shall not do so as fast as they can.
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(50);

    private readonly FileDescriptor _rules = NetlinkGroups.Rules();
    private readonly FileDescriptor _links = NetlinkGroups.Links();
    private readonly EventFd _stop = new();
    private readonly Action<DateTimeOffset> _rulesChanged;
    private readonly Action<DateTimeOffset> _linksChanged;
    private readonly TimeProvider _clock;
    private readonly Thread _thread;

    /// <param name="rulesChanged">Called on the watch's own thread with the time of the first change.</param>
    /// <param name="linksChanged">The same, for interfaces and their filters.</param>
    /// <param name="clock">Tells the time.</param>
    internal SwitchWatch(Action<DateTimeOffset> rulesChanged, Action<DateTimeOffset> linksChanged, TimeProvider clock)
    {
        _rulesChanged = rulesChanged;
        _linksChanged = linksChanged;
        _clock = clock;
        _thread = new Thread(Loop) { IsBackground = true, Name = "switch-watch" };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
        _rules.Dispose();
        _links.Dispose();
    }

    private void Loop()
    {
        var events = new PollSet();
        var rules = events.Add(_rules);
        var links = events.Add(_links);
        var stop = events.Add(_stop.Descriptor);
        var ending = new PollSet();
        _ = ending.Add(_stop.Descriptor);
        while (true)
        {
            if (!events.Wait(null))
                continue;
            var since = _clock.GetUtcNow();
            if (events.IsReady(stop) || ending.Wait(s_gather))
                return;
            // Looked at again: an event of the one kind must not hide the other's that came while we waited.
            _ = events.Wait(TimeSpan.Zero);
            var (changedRules, changedLinks) = (events.IsReady(rules), events.IsReady(links));
            if (changedRules)
                NetlinkGroups.Drain(_rules);
            if (changedLinks)
                NetlinkGroups.Drain(_links);
            if (changedRules)
                _rulesChanged(since);
            if (changedLinks)
                _linksChanged(since);
        }
    }
}
