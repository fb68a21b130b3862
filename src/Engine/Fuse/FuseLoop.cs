using System.Diagnostics;
using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Fuse;

/// <summary>
/// Threads that read requests from one descriptor and answer them, until it is unmounted, or until told to stop. A reader waits inside
/// read(2), so a request costs two system calls.
/// </summary>
/// <remarks>
/// <para>
/// One thread, as long as it keeps up: the kernel wakes readers in turn, each on another processor, and with two of them an open and close
/// took twice as long (65 µs instead of 32, 2 processors). More come only when nobody has been waiting for requests for a while: because
/// there is much to do, or because a tree waits for something, a slow disk or a server VM that means ill. So one request that is stuck
/// delays others by some milliseconds. A thread that finds another one waiting goes to rest.
/// </para>
/// <para>
/// One descriptor for all threads, on purpose. A clone (FUSE_DEV_IOC_CLONE) has a queue of answers of its own and so contends less, but
/// what was read through it is lost with the process; see <see cref="FuseNotifier.Resend"/>. With clones there is one loop for each.
/// </para>
/// </remarks>
public sealed class FuseLoop : IDisposable
{
    private const int DefaultLimit = 16;

    // Trees are given buffers and have no need of the stack.
    private const int StackSize = 256 * 1024;
    private const int BusyLooks = 2;
    private const int CalmLooks = 20;
    private const int ComplaintLooks = 200;
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly FuseServer _server;
    private readonly IFuseChannel _channel;
    private readonly BoundedLog _log;
    private readonly int _limit;
    private readonly AutoResetEvent _alarm = new(false);

    // Where threads rest: a semaphore would have them spin first, on processors that others need.
    private readonly object _rest = new();
    private int _calls;

    // Guards the list and the decision to add to it.
    private readonly Lock _guard = new();
    private readonly List<Worker> _workers = [];
    private Thread? _overseer;
    private volatile bool _stopping;
    private volatile bool _overseerSleeps;
    private int _waiting;
    private int _resting;
    private int _ended;
    private bool _disposed;

    /// <summary>Does not start yet.</summary>
    /// <param name="server">Who answers.</param>
    /// <param name="channel">Borrowed; must stay open until the loop has ended.</param>
    /// <param name="threads">How many at most; 0: 16.</param>
    /// <param name="log">Where to complain.</param>
    public FuseLoop(FuseServer server, IFuseChannel channel, int threads, BoundedLog log)
    {
        _server = server;
        _channel = channel;
        _log = log;
        _limit = threads > 0 ? threads : DefaultLimit;
    }

    /// <summary>Why it ended by itself: ENODEV, ECONNABORTED; none: it has not.</summary>
    public Errno Ended => (Errno)Volatile.Read(ref _ended);

    /// <summary>Starts it, once.</summary>
    public void Start()
    {
        ThreadSignal.Prepare();
        Add();
        _overseer = new Thread(Oversee, StackSize) { IsBackground = true, Name = "fuse" };
        _overseer.Start();
    }

    /// <summary>Waits until all threads have ended; false after the timeout.</summary>
    public bool Wait(TimeSpan timeout) => Join(timeout, interrupt: false);

    /// <summary>
    /// Ends the threads. Every request that was read is answered before; what comes later waits in the kernel for the next loop. False if
    /// a thread has not come back within the timeout: its tree is stuck.
    /// </summary>
    public bool Stop(TimeSpan timeout)
    {
        End();
        return Join(timeout, interrupt: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (!Stop(s_patience))
        {
            // Its events stay for the thread that is left.
            _log.Write("fuse: a thread does not come back from its tree");
            return;
        }

        _alarm.Dispose();
    }

    private void Add()
    {
        lock (_guard)
        {
            if (_stopping)
                return;
            var worker = new Worker();
            worker.Thread = new Thread(() => Run(worker), StackSize) { IsBackground = true, Name = $"fuse {_workers.Count}" };
            _workers.Add(worker);
            worker.Thread.Start();
        }
    }

    private void End()
    {
        lock (_guard)
            _stopping = true;
        Call(_limit);
        _ = _alarm.Set();
    }

    private bool Join(TimeSpan timeout, bool interrupt)
    {
        var started = Stopwatch.GetTimestamp();
        Worker[] workers;
        lock (_guard)
            workers = [.. _workers];
        foreach (var worker in workers)
        {
            // Again and again: a signal that comes just before read(2) is gone.
            while (!worker.Thread!.Join(interrupt ? s_between : Left()))
            {
                if (Left() == TimeSpan.Zero)
                    return false;
                if (interrupt && Volatile.Read(ref worker.Id) is var thread and not 0)
                    ThreadSignal.Interrupt(thread);
            }
        }

        if (_overseer is null)
            return true;
        // Whoever came after we looked is seen the next time.
        return _overseer.Join(Left()) && (_workers.Count == workers.Length || Join(Left(), interrupt));

        TimeSpan Left() => timeout - Stopwatch.GetElapsedTime(started) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    // Looks every few milliseconds, but sleeps while there is little to do.
    private void Oversee()
    {
        var (busy, calm) = (0, 0);
        while (!_stopping)
        {
            if (Volatile.Read(ref _waiting) > 0)
            {
                busy = 0;
                if (++calm >= CalmLooks)
                {
                    calm = 0;
                    _overseerSleeps = true;
                    // Either we see that nobody waits, or whoever takes the request sees that we sleep.
                    Interlocked.MemoryBarrier();
                    if (Volatile.Read(ref _waiting) > 0)
                        _ = _alarm.WaitOne();
                    _overseerSleeps = false;
                }
            }
            else
            {
                calm = 0;
                if (++busy % BusyLooks == 0)
                    Reinforce(busy);
            }

            _ = _alarm.WaitOne(s_look);
        }
    }

    private void Reinforce(int busy)
    {
        if (Volatile.Read(ref _resting) > 0)
        {
            Call(1);
        }
        else if (_workers.Count < _limit)
        {
            Add();
        }
        else if (busy == ComplaintLooks)
        {
            // For a second without a break: that is no load, that is a tree that waits for something.
            _log.Write($"fuse: all {_limit} threads are busy; requests wait");
        }
    }

    private void Run(Worker worker)
    {
        Volatile.Write(ref worker.Id, ThreadSignal.Current);
        try
        {
            Serve();
        }
#pragma warning disable CA1031 // a thread's last word: the process must not end with it
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _log.Write($"fuse: a thread ends: {failure.GetType().Name}: {failure.Message}");
        }
        finally
        {
            Volatile.Write(ref worker.Id, 0);
        }
    }

    private void Serve()
    {
        // Pinned, so that no call has to do it.
        var request = GC.AllocateUninitializedArray<byte>(FuseLimits.Request, pinned: true);
        var reply = GC.AllocateUninitializedArray<byte>(FuseLimits.Reply, pinned: true);
        while (!_stopping)
        {
            _ = Interlocked.Increment(ref _waiting);
            var errno = _channel.TryRead(request, out var count);
            _ = Interlocked.Decrement(ref _waiting);
            if (_overseerSleeps)
                _ = _alarm.Set();
            switch (errno)
            {
                case Errno.None:
                    Answer(request.AsSpan(0, count), reply);
                    Rest();
                    break;
                case Errno.EINTR or Errno.ENOENT or Errno.EAGAIN:
                    break;
                default:
                    _ = Interlocked.CompareExchange(ref _ended, (int)errno, 0);
                    if (errno is not (Errno.ENODEV or Errno.ECONNABORTED))
                        _log.Write($"fuse: read: {errno}");
                    End();
                    return;
            }
        }
    }

    private void Rest()
    {
        if (Volatile.Read(ref _waiting) == 0)
            return;
        _ = Interlocked.Increment(ref _resting);
        lock (_rest)
        {
            while (!_stopping && _calls == 0)
                _ = Monitor.Wait(_rest);
            _calls = Math.Max(0, _calls - 1);
        }

        _ = Interlocked.Decrement(ref _resting);
    }

    private void Call(int threads)
    {
        lock (_rest)
        {
            _calls += threads;
            Monitor.PulseAll(_rest);
        }
    }

    private void Answer(ReadOnlySpan<byte> request, byte[] reply)
    {
        var length = _server.Handle(request, reply);
        if (length == 0)
            return;
        var answer = reply.AsSpan(0, length);
        var errno = _channel.TryWrite(answer);
        if (errno == Errno.None)
            return;
        if (errno is not (Errno.ENOENT or Errno.ENODEV))
            _log.Write($"fuse: write: {errno}");
        _server.Retract(request, answer);
    }

    private sealed class Worker
    {
        internal Thread? Thread;
        internal int Id;
    }
}
