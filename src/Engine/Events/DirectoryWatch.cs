using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Events;

/// <summary>Wakes a follower of stored lines: one thread in poll(2), which sleeps while nothing is written.</summary>
internal sealed class DirectoryWatch : IDisposable
{
    // Only while a directory is missing: nothing tells when it appears.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly Inotify _inotify = new();
    private readonly EventFd _stop = new();
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly HashSet<StoredLines> _watched = [];
    private readonly Thread _thread;
    private volatile bool _stopping;
    private bool _incomplete;

    internal DirectoryWatch()
    {
        _thread = new Thread(Loop, 128 * 1024) { IsBackground = true, Name = "follow" };
        _thread.Start();
    }

    /// <summary>Watches directories that have appeared; starts anew with those that were replaced.</summary>
    internal void Update(IReadOnlyList<string> directories, StoredLines[] stores)
    {
        _incomplete = false;
        for (var i = 0; i < stores.Length; i++)
        {
            if (stores[i].WasReplaced())
            {
                _ = _watched.Remove(stores[i]);
                stores[i].Dispose();
                stores[i] = new StoredLines(directories[i]);
            }

            if (!stores[i].TryOpen())
                _incomplete = true;
            else if (_watched.Add(stores[i]))
                _inotify.Add(stores[i].Directory!);
        }
    }

    /// <summary>Returns when something may have changed.</summary>
    internal async Task WaitAsync(CancellationToken cancellation)
    {
        var timeout = _incomplete ? Retry : Timeout.InfiniteTimeSpan;
        _ = await _changed.WaitAsync(timeout, cancellation).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _stopping = true;
        _stop.Set();
        _thread.Join();
        _inotify.Dispose();
        _stop.Dispose();
        _changed.Dispose();
    }

    private void Loop()
    {
        var set = new PollSet();
        _ = set.Add(_inotify.Descriptor);
        _ = set.Add(_stop.Descriptor);
        while (!_stopping)
        {
            if (!set.Wait(null) || _stopping)
                continue;
            _inotify.Drain();
            if (_changed.CurrentCount == 0)
                _ = _changed.Release();
            // Hundreds of lines a second are one wake-up, not hundreds.
            Thread.Sleep(5);
        }
    }
}
