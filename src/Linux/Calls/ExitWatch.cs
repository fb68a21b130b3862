using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>
/// Tells when processes end: one thread in poll(2) over their pidfds, asleep in between. The callback runs on that thread and
/// must hand longer work on.
/// </summary>
public sealed class ExitWatch : IDisposable
{
    private readonly FileDescriptor _wakeRead;
    private readonly FileDescriptor _wakeWrite;
    private readonly Thread _thread;

    // Guards _watched and _closing.
    private readonly Lock _lock = new();
    private readonly Dictionary<PidFd, Action> _watched = [];
    private bool _closing;

    /// <summary>Starts the thread.</summary>
    public ExitWatch()
    {
        (_wakeRead, _wakeWrite) = Pipe.Create();
        _thread = new Thread(Loop, 256 * 1024) { IsBackground = true, Name = "exit-watch" };
        _thread.Start();
    }

    /// <summary>Calls <paramref name="ended"/> once, when the process ends. The caller keeps the pidfd alive until then.</summary>
    public void Add(PidFd process, Action ended)
    {
        lock (_lock)
            _watched[process] = ended;
        Wake();
    }

    /// <summary>Stops watching a process; its callback is not called after this unless it was already running.</summary>
    public void Remove(PidFd process)
    {
        lock (_lock)
            _ = _watched.Remove(process);
        Wake();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
            _closing = true;
        Wake();
        _thread.Join();
        _wakeRead.Dispose();
        _wakeWrite.Dispose();
    }

    private void Wake() => Pipe.WriteAll(_wakeWrite, [1]);

    private void Loop()
    {
        Span<byte> drained = stackalloc byte[64];
        while (true)
        {
            PidFd[] processes;
            lock (_lock)
            {
                if (_closing)
                    return;
                processes = [.. _watched.Keys];
            }

            var ready = Poll.WaitAnyReadable([_wakeRead, .. processes.Select(p => p.Descriptor)]);
            if (ready[0])
                _ = Pipe.Read(_wakeRead, drained);
            for (var i = 0; i < processes.Length; i++)
            {
                if (!ready[i + 1])
                    continue;
                Action? ended;
                lock (_lock)
                    _ = _watched.Remove(processes[i], out ended);
                ended?.Invoke();
            }
        }
    }
}
