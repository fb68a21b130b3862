using System.Diagnostics;
using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Fuse;

/// <summary>
/// Threads that read requests from one descriptor and answer them, until it is unmounted, or until told to stop. Each waits inside
/// read(2), where the kernel wakes one for each request; so a request costs two system calls.
/// </summary>
/// <remarks>
/// One descriptor for all threads, on purpose. A clone (FUSE_DEV_IOC_CLONE) has a queue of answers of its own and so contends less, but
/// what was read through it is lost with the process; see <see cref="FuseNotifier.Resend"/>. With clones there is one loop for each.
/// </remarks>
public sealed class FuseLoop : IDisposable
{
    // Trees are given buffers and have no need of the stack.
    private const int StackSize = 256 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly FuseServer _server;
    private readonly IFuseChannel _channel;
    private readonly BoundedLog _log;
    private readonly Thread[] _threads;
    private readonly int[] _threadIds;
    private volatile bool _stopping;
    private int _ended;

    /// <summary>Does not start yet.</summary>
    /// <param name="server">Who answers.</param>
    /// <param name="channel">Borrowed; must stay open until the loop has ended.</param>
    /// <param name="threads">How many; 0: as many as there are processors, from 2 to 8.</param>
    /// <param name="log">Where to complain.</param>
    public FuseLoop(FuseServer server, IFuseChannel channel, int threads, BoundedLog log)
    {
        _server = server;
        _channel = channel;
        _log = log;
        _threads = new Thread[threads > 0 ? threads : Math.Clamp(Environment.ProcessorCount, 2, 8)];
        _threadIds = new int[_threads.Length];
    }

    /// <summary>Why it ended by itself: ENODEV, ECONNABORTED; none: it has not.</summary>
    public Errno Ended => (Errno)Volatile.Read(ref _ended);

    /// <summary>Starts the threads.</summary>
    public void Start()
    {
        ThreadSignal.Prepare();
        for (var i = 0; i < _threads.Length; i++)
        {
            var place = i;
            _threads[i] = new Thread(() => Run(place), StackSize) { IsBackground = true, Name = $"fuse {i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Waits until all threads have ended; false after the timeout.</summary>
    public bool Wait(TimeSpan timeout)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var thread in _threads)
        {
            var left = timeout - Stopwatch.GetElapsedTime(started);
            if (!thread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero))
                return false;
        }

        return true;
    }

    /// <summary>
    /// Ends the threads. Every request that was read is answered before; what comes later waits in the kernel for the next loop. False if
    /// a thread has not come back within the timeout: its tree is stuck.
    /// </summary>
    public bool Stop(TimeSpan timeout)
    {
        _stopping = true;
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < _threads.Length; i++)
        {
            // Again and again: a signal that comes just before read(2) is gone.
            while (!_threads[i].Join(TimeSpan.FromMilliseconds(2)))
            {
                if (Stopwatch.GetElapsedTime(started) > timeout)
                    return false;
                if (Volatile.Read(ref _threadIds[i]) is var thread and not 0)
                    ThreadSignal.Interrupt(thread);
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_threads[0] is not null && !Stop(s_patience))
            _log.Write("fuse: a thread does not come back from its tree");
    }

    private void Run(int place)
    {
        Volatile.Write(ref _threadIds[place], ThreadSignal.Current);
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
            Volatile.Write(ref _threadIds[place], 0);
        }
    }

    private void Serve()
    {
        // Pinned, so that no call has to do it.
        var request = GC.AllocateUninitializedArray<byte>(FuseLimits.Request, pinned: true);
        var reply = GC.AllocateUninitializedArray<byte>(FuseLimits.Reply, pinned: true);
        while (!_stopping)
        {
            var errno = _channel.TryRead(request, out var count);
            switch (errno)
            {
                case Errno.None:
                    Answer(request.AsSpan(0, count), reply);
                    break;
                case Errno.EINTR or Errno.ENOENT or Errno.EAGAIN:
                    break;
                default:
                    _ = Interlocked.CompareExchange(ref _ended, (int)errno, 0);
                    if (errno is not (Errno.ENODEV or Errno.ECONNABORTED))
                        _log.Write($"fuse: read: {errno}");
                    return;
            }
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
}
