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
internal sealed class MonitorProcess(Options options, Holdings holdings, BoundedLog log) : KeptProcess("the monitor", log)
{
    /// <summary>Our socket's number in the monitor, until it has seen our end.</summary>
    internal const int ControlNumber = 3;

    private const int InFlightNumber = 4;
    private static readonly TimeSpan SendLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReplyLimit = TimeSpan.FromMilliseconds(500);
    private FileDescriptor? _control;
    private Queue<(ControlMessage Message, FileDescriptor Descriptor)> _left = new();

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
            Log.Write($"the monitor does not take {message.Kind}: {errno}");
            Kill();
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

    protected override ChildProcess Start()
    {
        var (ours, theirs) = UnixSocket.Pair(UnixSocketKind.SequencedPacket);
        _control = ours;
        _left = new Queue<(ControlMessage, FileDescriptor)>(holdings.All());
        using (theirs)
        {
            // What fits into the socket (net.unix.max_dgram_qlen, 10) waits there for the monitor, even if we are killed from the
            // next instruction on.
            while (_left.TryPeek(out var first) && TrySend(first.Message, first.Descriptor) == Errno.None)
                _ = _left.Dequeue();
            return Spawn.Start(new SpawnRequest
            {
                Program = options.Monitor,
                Arguments = ["--uid", options.User.ToString(CultureInfo.InvariantCulture)],
                Descriptors = [(ControlNumber, theirs), (InFlightNumber, holdings.InFlight)],
                NewSession = true,
                WorkingDirectory = "/",
            });
        }
    }

    protected override void Started()
    {
        PartProcess.WritePidFile(options.Run.MonitorPid, Pid);
        while (_left.TryDequeue(out var next))
            Send(next.Message, next.Descriptor);
    }

    protected override void CloseSocket()
    {
        _control?.Dispose();
        _control = null;
    }

    private Errno TrySend(ControlMessage message, params ReadOnlySpan<FileDescriptor> descriptor)
    {
        Span<byte> bytes = stackalloc byte[ControlMessage.Size];
        message.Write(bytes);
        return UnixSocket.TrySend(_control!, bytes, descriptor);
    }

    // A monitor that was taken over might send descriptors.
    private static void Discard(List<FileDescriptor> descriptors)
    {
        foreach (var descriptor in descriptors)
            descriptor.Dispose();
        descriptors.Clear();
    }
}
