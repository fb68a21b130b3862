using System.Diagnostics;
using System.Globalization;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Mediator;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Keeper;

/// <summary>Our child, the monitor: started, fed with descriptors, replaced when it ends.</summary>
internal sealed class MonitorProcess(Options options, Holdings holdings, BoundedLog log) : IDisposable
{
    /// <summary>Our socket's number in the monitor, until it has seen our end.</summary>
    internal const int ControlNumber = 3;

    private const int InFlightNumber = 4;
    private const int SIGKILL = 9;
    private static readonly TimeSpan SendLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReplyLimit = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Healthy = TimeSpan.FromSeconds(10);

    private ChildProcess? _child;
    private FileDescriptor? _control;
    private long _started;
    private long _ended;
    private TimeSpan _delay;

    /// <summary>Readable when it has ended; null while there is none.</summary>
    internal FileDescriptor? Ended => _child?.PidFd.Descriptor;

    /// <summary>0 while there is none.</summary>
    internal int Pid => _child?.Pid ?? 0;

    /// <summary>How often it was replaced.</summary>
    internal int Respawns { get; private set; }

    /// <summary>How long to wait before the next is started; null while one runs.</summary>
    internal TimeSpan? UntilStart
    {
        get
        {
            if (_child is not null)
                return null;
            var left = _delay - Stopwatch.GetElapsedTime(_ended);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Starts it and hands in everything; false if that failed, and then it is tried again later.</summary>
    internal bool TryStart()
    {
        try
        {
            Start();
            return true;
        }
        catch (IOException failure)
        {
            log.Write($"the monitor cannot be started: {failure.Message}");
            Dispose();
            WaitLonger();
            return false;
        }
    }

    /// <summary>Reaps it after its end; the next one waits the longer, the sooner it died.</summary>
    internal void Reap()
    {
        var status = _child!.Wait(Timeout.InfiniteTimeSpan);
        var lived = Stopwatch.GetElapsedTime(_started);
        log.Write($"the monitor ended after {lived.TotalSeconds:0.0} s: {status}");
        _child.Dispose();
        _child = null;
        _control?.Dispose();
        _control = null;
        if (lived >= Healthy)
            _delay = TimeSpan.Zero;
        WaitLonger();
        Respawns++;
    }

    /// <summary>
    /// Hands in one thing. A monitor that does not take it in time is ended: its successor gets everything anew. Without a monitor
    /// nothing is to be done for the same reason.
    /// </summary>
    internal void Send(ControlMessage message, params ReadOnlySpan<FileDescriptor> descriptor)
    {
        if (_control is null)
            return;
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var errno = TrySend(message, descriptor);
            if (errno == Errno.None)
                return;
            var left = SendLimit - Stopwatch.GetElapsedTime(started);
            if (errno == Errno.EAGAIN && left > TimeSpan.Zero && Poll.WaitWritable(_control, left))
                continue;
            log.Write($"the monitor does not take {message.Kind}: {errno}");
            _ = _child?.PidFd.Signal(SIGKILL);
            return;
        }
    }

    /// <summary>What the monitor says of itself; all zero if it does not answer in time.</summary>
    internal ControlReply Ask()
    {
        if (_control is null)
            return default;
        var none = new List<FileDescriptor>();
        Span<byte> bytes = stackalloc byte[ControlReply.Size];
        // An answer that came too late for an earlier question.
        for (var i = 0; i < 16 && UnixSocket.TryReceive(_control, bytes, none, out var stale) == Errno.None && stale > 0; i++)
            Discard(none);
        Send(new ControlMessage(ControlKind.Status));
        if (!Poll.WaitReadable(_control, ReplyLimit))
            return default;
        var errno = UnixSocket.TryReceive(_control, bytes, none, out var count);
        Discard(none);
        return errno == Errno.None && ControlReply.TryRead(bytes[..count], out var reply) ? reply : default;
    }

    /// <summary>Ends it for good.</summary>
    public void Dispose()
    {
        if (_child is not null)
        {
            _ = _child.PidFd.Signal(SIGKILL);
            _ = _child.Wait(Timeout.InfiniteTimeSpan);
            _child.Dispose();
            _child = null;
        }

        _control?.Dispose();
        _control = null;
    }

    private void Start()
    {
        var (ours, theirs) = UnixSocket.Pair(UnixSocketKind.SequencedPacket);
        _control = ours;
        var all = new Queue<(ControlMessage Message, FileDescriptor Descriptor)>(holdings.All());
        using (theirs)
        {
            // What fits into the socket (net.unix.max_dgram_qlen, 10) waits there for the monitor, even if we are killed from the
            // next instruction on.
            while (all.TryPeek(out var first) && TrySend(first.Message, first.Descriptor) == Errno.None)
                _ = all.Dequeue();
            _child = Spawn.Start(new SpawnRequest
            {
                Program = options.Monitor,
                Arguments = ["--uid", options.User.ToString(CultureInfo.InvariantCulture)],
                Descriptors = [(ControlNumber, theirs), (InFlightNumber, holdings.InFlight)],
                NewSession = true,
                WorkingDirectory = "/",
            });
        }

        _started = Stopwatch.GetTimestamp();
        PartProcess.WritePidFile(options.Run.MonitorPid, _child.Pid);
        foreach (var (message, descriptor) in all)
            Send(message, descriptor);
    }

    private Errno TrySend(ControlMessage message, params ReadOnlySpan<FileDescriptor> descriptor)
    {
        Span<byte> bytes = stackalloc byte[ControlMessage.Size];
        message.Write(bytes);
        return UnixSocket.TrySend(_control!, bytes, descriptor);
    }

    private void WaitLonger()
    {
        _ended = Stopwatch.GetTimestamp();
        _delay = _delay == TimeSpan.Zero ? FirstDelay : TimeSpan.FromTicks(Math.Min(LongestDelay.Ticks, _delay.Ticks * 2));
    }

    // A monitor that was taken over might send descriptors.
    private static void Discard(List<FileDescriptor> descriptors)
    {
        foreach (var descriptor in descriptors)
            descriptor.Dispose();
        descriptors.Clear();
    }
}
