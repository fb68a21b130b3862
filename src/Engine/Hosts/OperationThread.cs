using System.Collections.Concurrent;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// The one thread that changes anything on this host, one operation after another: no step of an operation ever meets another
/// half done, and there is nothing to lock. Between operations it looks after things at an interval. It sleeps in poll(2): the
/// runtime's own timers and queues spin before they sleep, which is most of what an idle daemon would cost (bench/footprint).
/// </summary>
internal sealed class OperationThread : IDisposable
{
    private readonly ConcurrentQueue<Action> _queue = new();
    private readonly EventFd _wake = new();
    private readonly Thread _thread;
    private volatile Action? _look;
    private volatile bool _ending;

    internal OperationThread()
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = "operations" };
        _thread.Start();
    }

    // From the end of one look, or of an operation, to the next look.
    private static TimeSpan LookInterval => TimeSpan.FromSeconds(1);

    /// <summary>Runs an operation in its turn; its exception is the task's.</summary>
    internal Task RunAsync(Action operation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Enqueue(() =>
        {
            try
            {
                operation();
                done.SetResult();
            }
#pragma warning disable CA1031 // carried to whoever asked
            catch (Exception error)
#pragma warning restore CA1031
            {
                done.SetException(error);
            }
        });
        _wake.Set();
        return done.Task;
    }

    /// <summary>Has something done every second from now on, in its turn; null: nothing any more. It must not throw.</summary>
    internal void LookEverySecond(Action? look)
    {
        _look = look;
        _wake.Set();
    }

    /// <summary>What waits is done before it ends.</summary>
    public void Dispose()
    {
        _ending = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Loop()
    {
        var looked = TimeProvider.System.GetTimestamp();
        var worked = true;
        while (true)
        {
            while (_queue.TryDequeue(out var operation))
            {
                operation();
                worked = true;
            }

            if (_ending)
                return;
            var left = LookInterval - TimeProvider.System.GetElapsedTime(looked);
            if (left <= TimeSpan.Zero)
            {
                _look?.Invoke();
                // What an operation needed is given back once, when it seems to have been the last.
                if (worked)
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                worked = false;
                looked = TimeProvider.System.GetTimestamp();
                left = LookInterval;
            }

            if (Poll.WaitReadable(_wake.Descriptor, _look is null ? Timeout.InfiniteTimeSpan : left))
                _wake.Reset();
        }
    }
}
