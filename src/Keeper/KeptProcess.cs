using System.Diagnostics;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Keeper;

/// <summary>A child of ours that is started again when it ends; the sooner it died, the longer the next one waits.</summary>
internal abstract class KeptProcess(string name, BoundedLog log) : IDisposable
{
    private const int SIGKILL = 9;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Healthy = TimeSpan.FromSeconds(10);

    private readonly List<ChildProcess> _leaving = [];
    private long _started;
    private long _ended;
    private TimeSpan _delay;

    /// <summary>Readable or hung up when it has ended; null while there is none.</summary>
    internal virtual FileDescriptor? Ended => Child?.PidFd.Descriptor;

    /// <summary>It has ended and waits to be reaped.</summary>
    internal bool HasEnded => Child is not null && Ended is { } ended && Poll.WaitReadable(ended, TimeSpan.Zero);

    /// <summary>0 while there is none.</summary>
    internal int Pid => Child?.Pid ?? 0;

    /// <summary>How often it was replaced.</summary>
    internal int Respawns { get; private set; }

    /// <summary>There is something for it to do.</summary>
    internal virtual bool IsWanted => true;

    /// <summary>Some were killed and have not left the kernel.</summary>
    internal bool HasLeaving => _leaving.Count > 0;

    /// <summary>How long to wait before the next is started; null while one runs, or none is wanted.</summary>
    internal TimeSpan? UntilStart
    {
        get
        {
            if (Child is not null || !IsWanted)
                return null;
            var left = _delay - Stopwatch.GetElapsedTime(_ended);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    protected BoundedLog Log => log;

    protected ChildProcess? Child { get; private set; }

    /// <summary>How long its successor waits for it to be gone; none of its code runs any more.</summary>
    protected virtual TimeSpan Patience => Timeout.InfiniteTimeSpan;

    /// <summary>Starts it and hands in everything; false if that failed, and then it is tried again later.</summary>
    internal bool TryStart()
    {
        try
        {
            Child = Start();
            _started = Stopwatch.GetTimestamp();
            Started();
            return true;
        }
        catch (IOException failure)
        {
            log.Write($"{name} cannot be started: {failure.Message}");
            Dispose();
            WaitLonger();
            return false;
        }
    }

    /// <summary>Reaps it after its end.</summary>
    internal void Reap()
    {
        var lived = Stopwatch.GetElapsedTime(_started);
        var status = End();
        log.Write($"{name} ended after {lived.TotalSeconds:0.0} s: {status?.ToString() ?? "it has not left the kernel yet"}");
        if (lived >= Healthy)
            _delay = TimeSpan.Zero;
        WaitLonger();
        Respawns++;
    }

    /// <summary>Ends it for good, or to be started with something else.</summary>
    public void Dispose()
    {
        if (Child is not null)
            _ = End();
        CloseSocket();
    }

    /// <summary>Reaps those that could not leave the kernel before.</summary>
    internal void ReapLeaving() => _leaving.RemoveAll(child =>
    {
        if (child.Wait(TimeSpan.Zero) is null)
            return false;
        child.Dispose();
        return true;
    });

    protected void Kill() => _ = Child?.PidFd.Signal(SIGKILL);

    /// <summary>Starts the program.</summary>
    protected abstract ChildProcess Start();

    /// <summary>It runs.</summary>
    protected virtual void Started()
    {
    }

    /// <summary>Our end of what connects us.</summary>
    protected abstract void CloseSocket();

    // Null: it was killed, and has not left the kernel.
    private ExitStatus? End()
    {
        Kill();
        var status = Child!.Wait(Patience);
        if (status is null)
            _leaving.Add(Child);
        else
            Child.Dispose();
        Child = null;
        CloseSocket();
        return status;
    }

    private void WaitLonger()
    {
        _ended = Stopwatch.GetTimestamp();
        _delay = _delay == TimeSpan.Zero ? FirstDelay : TimeSpan.FromTicks(Math.Min(LongestDelay.Ticks, _delay.Ticks * 2));
    }
}
