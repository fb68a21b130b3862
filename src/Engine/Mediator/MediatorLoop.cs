using HyperSpector.Engine.Mediator.Capture;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Mediator;

/// <summary>
/// The monitor of one IDS VM: one thread, one epoll loop over the keeper's socket and the VM's seccomp listeners. It needs no
/// privilege and opens nothing: every descriptor comes from the keeper. If the keeper dies, it goes on with what it has.
/// </summary>
public sealed class MediatorLoop : IDisposable
{
    /// <summary>Listeners of one VM: one for its first process and one for each command run in it, while they live.</summary>
    public const int ListenerLimit = 1024;

    private const ulong ControlToken = 0;

    private readonly FileDescriptor _control;
    private readonly InFlight _inFlight;
    private readonly BoundedLog _log;
    private readonly CaptureWatch _capture;
    private readonly Dispatcher _dispatcher;
    private readonly EventPoll _poll = new();
    private readonly Dictionary<ulong, SeccompListener> _listeners = [];
    private readonly Dictionary<int, MirrorFlag> _flags = [];
    private readonly List<FileDescriptor> _received = [];
    private FileDescriptor? _diagSocket;
    private PacketDump? _dump;
    private ulong _nextToken = ControlToken + 1;
    private bool _hasKeeper = true;

    /// <summary>Takes ownership of both.</summary>
    /// <param name="control">Our end of the socket pair with the keeper.</param>
    /// <param name="inFlight">The page that the keeper holds for us.</param>
    /// <param name="time">Time of the timers.</param>
    /// <param name="log">Where to write.</param>
    public MediatorLoop(FileDescriptor control, MappedPage inFlight, TimeProvider time, BoundedLog log)
    {
        _control = control;
        _inFlight = new InFlight(inFlight);
        _log = log;
        _capture = new CaptureWatch(time);
        _dispatcher = new Dispatcher(SyscallTable.Standard, new MediationState(_capture), log);
        _poll.Add(control, ControlToken);
    }

    /// <summary>Serves until there is neither a keeper nor a listener left.</summary>
    public void Run()
    {
        Span<Readiness> ready = stackalloc Readiness[32];
        while (_hasKeeper || _listeners.Count > 0)
        {
            var count = _poll.Wait(ready, WaitLimit());
            foreach (var one in ready[..count])
            {
                if (one.Token == ControlToken)
                    ServeKeeper();
                else if (_listeners.TryGetValue(one.Token, out var listener))
                    Serve(one, listener);
            }

            Look();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var listener in _listeners.Values)
            listener.Dispose();
        foreach (var flag in _flags.Values)
            flag.Dispose();
        _diagSocket?.Dispose();
        _poll.Dispose();
        _inFlight.Dispose();
        _control.Dispose();
    }

    private int WaitLimit()
    {
        if (_dump is { IsRunning: true })
            return 0;
        return _capture.UntilDump is { } until ? (int)Math.Ceiling(until.TotalMilliseconds) : -1;
    }

    private void Serve(in Readiness readiness, SeccompListener listener)
    {
        if (readiness.Readable && Answer(listener))
            return;
        if (!readiness.HungUp)
            return;
        // No process is left under this filter, and none can come.
        _poll.Remove(listener.Descriptor);
        _ = _listeners.Remove(readiness.Token);
        listener.Dispose();
    }

    /// <summary>Answers one call, so that listeners take turns however fast one of them asks.</summary>
    private bool Answer(SeccompListener listener)
    {
        var errno = listener.TryReceive(_inFlight.Current);
        if (errno != Errno.None)
        {
            // ENOENT: the caller was killed before we came.
            if (errno == Errno.ENOENT)
                return true;
            _log.Write($"receive: {errno}");
            _inFlight.Current.Clear();
            return false;
        }

        if (Notification.TryParse(_inFlight.Current, out var call))
        {
            errno = listener.TrySend(_dispatcher.Handle(call).ToResponse(call.Id));
            // ENOENT: killed, or interrupted by a signal; it may call again, and then this is a new notification.
            if (errno is not (Errno.None or Errno.ENOENT))
                _log.Write($"send: {errno}");
        }

        _inFlight.Current.Clear();
        return true;
    }

    private void ServeKeeper()
    {
        Span<byte> bytes = stackalloc byte[ControlMessage.Size];
        _received.Clear();
        var errno = UnixSocket.TryReceive(_control, bytes, _received, out var count);
        if (errno == Errno.EAGAIN)
            return;
        if (errno != Errno.None || count == 0)
        {
            // The keeper is dead. The next one takes our descriptors and then ends us; until then nothing changes for the VM.
            // Closing our end tells it that nothing is left in the queue of the socket pair.
            _log.Write("the keeper is gone; serving on");
            _poll.Remove(_control);
            _control.Dispose();
            _hasKeeper = false;
            return;
        }

        try
        {
            Obey(bytes[..count]);
        }
        catch (IOException failure)
        {
            _log.Write($"request of the keeper: {failure.Message}");
        }
        finally
        {
            foreach (var unused in _received)
                unused.Dispose();
        }
    }

    private void Obey(ReadOnlySpan<byte> bytes)
    {
        if (!ControlMessage.TryRead(bytes, out var message) || _received.Count != (message.HasDescriptor ? 1 : 0))
        {
            _log.Write("the keeper sent a malformed request");
            return;
        }

        switch (message.Kind)
        {
            case ControlKind.Listener:
                AddListener(TakeDescriptor());
                break;
            case ControlKind.AddMirror:
                RemoveMirror(message.Slot);
                var flag = new MirrorFlag(TakeDescriptor());
                _flags[message.Slot] = flag;
                _capture.Add(message.Slot, flag, message.InterfaceIndex, message.Always);
                break;
            case ControlKind.RemoveMirror:
                RemoveMirror(message.Slot);
                break;
            case ControlKind.DiagSocket:
                _diagSocket?.Dispose();
                _diagSocket = TakeDescriptor();
                _dump = new PacketDump(new DiagChannel(_diagSocket));
                _capture.LookNow();
                break;
            case ControlKind.Status:
                Report();
                break;
            default:
                break;
        }
    }

    private void AddListener(FileDescriptor descriptor)
    {
        var listener = new SeccompListener(descriptor);
        if (_listeners.Count >= ListenerLimit)
        {
            _log.Write("too many listeners");
            listener.Dispose();
            return;
        }

        _ = listener.TrySetSyncWakeUp();
        var answered = _inFlight.AnswerAbandoned(listener, _dispatcher);
        if (answered > 0)
            _log.Write($"answered {answered} calls that an earlier monitor had begun");
        var token = _nextToken++;
        _listeners[token] = listener;
        _poll.Add(listener.Descriptor, token);
    }

    private void RemoveMirror(int slot)
    {
        _capture.Remove(slot);
        if (_flags.Remove(slot, out var flag))
            flag.Dispose();
    }

    private void Report()
    {
        Span<byte> bytes = stackalloc byte[ControlReply.Size];
        new ControlReply(
            Errno.None, _listeners.Count, _capture.Count, _diagSocket is not null, Environment.ProcessId, 0,
            _capture.Traps, _capture.Active).Write(bytes);
        _ = UnixSocket.TrySend(_control, bytes);
    }

    private void Look()
    {
        if (_dump is { IsRunning: true })
        {
            if (_dump.Step(out var found))
                _capture.DumpEnded(found);
        }
        else if (_capture.UntilDump == TimeSpan.Zero)
        {
            if (_dump is null)
            {
                _capture.CannotDump();
                return;
            }

            _capture.DumpStarted();
            if (!_dump.TryStart())
                _capture.DumpEnded(null);
        }
    }

    private FileDescriptor TakeDescriptor()
    {
        var descriptor = _received[0];
        _received.Clear();
        return descriptor;
    }

    private sealed class DiagChannel(FileDescriptor socket) : IDiagChannel
    {
        public Errno TrySend(ReadOnlySpan<byte> request) => NetlinkSocket.TrySend(socket, request);

        public Errno TryReceive(Span<byte> buffer, out int count) => NetlinkSocket.TryReceive(socket, buffer, out count);
    }
}
