using HyperSpector.Engine.Events;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Reader;

/// <summary>One thread: sleeps until the VM writes something, takes a bounded share from each source in turn, sleeps again.</summary>
internal sealed class ReaderLoop : IDisposable
{
    private const int LogBytesPerTurn = 1024 * 1024;

    // The end of a turn without more to do. It bounds how often a VM can wake us, and costs an alert at most this much.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RetryBlocked = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly PollSet _set = new();
    private readonly Inotify _inotify;
    private readonly FileDescriptor? _fifo;
    private readonly LogStore? _log;
    private readonly Spool? _spool;
    private readonly OutputFollowers? _outputs;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly int _stopPlace;
    private readonly int _inotifyPlace;

    internal ReaderLoop(Inotify inotify, EventFd stop, FileDescriptor? fifo, LogStore? log, Spool? spool, OutputFollowers? outputs)
    {
        _inotify = inotify;
        _fifo = fifo;
        _log = log;
        _spool = spool;
        _outputs = outputs;
        _stopPlace = _set.Add(stop.Descriptor);
        _inotifyPlace = _set.Add(inotify.Descriptor);
        if (fifo is not null)
            _ = _set.Add(fifo);
    }

    /// <summary>Until it is told to stop; then takes what is there, for a short while, and returns.</summary>
    internal void Run()
    {
        long? stopping = null;
        while (true)
        {
            var outputs = _outputs?.ReadAll() ?? TailState.Idle;
            var more = DrainLog() || outputs == TailState.More;
            _spool?.Synchronize();
            if (stopping is { } since && (!more || TimeProvider.System.GetElapsedTime(since) > StopLimit))
                break;
            if (!more && stopping is null)
                Thread.Sleep(Pace);
            _ = _set.Wait(more || stopping is not null ? TimeSpan.Zero : Timeout(outputs));
            if (_set.IsReady(_inotifyPlace))
                _inotify.Drain();
            if (_set.IsReady(_stopPlace))
                stopping ??= TimeProvider.System.GetTimestamp();
        }

        _log?.Finish();
    }

    public void Dispose()
    {
        _outputs?.Dispose();
        _inotify.Dispose();
        _fifo?.Dispose();
    }

    private TimeSpan? Timeout(TailState outputs)
    {
        TimeSpan? first = outputs == TailState.Blocked ? RetryBlocked : null;
        foreach (var due in new[] { _spool?.SynchronizeIn, _outputs?.NotesIn })
        {
            if (due is not null && (first is null || due < first))
                first = due;
        }

        return first;
    }

    /// <summary>True if there may be more.</summary>
    private bool DrainLog()
    {
        if (_fifo is null || _log is null)
            return false;
        for (var taken = 0; taken < LogBytesPerTurn;)
        {
            var count = FileIo.TryRead(_fifo, _buffer);
            if (count <= 0)
                return false;
            _log.Append(_buffer.AsSpan(0, count));
            taken += count;
        }

        return true;
    }
}
