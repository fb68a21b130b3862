using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Mediator;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Keeper;

/// <summary>
/// The keeper of one IDS VM: holds descriptors and replaces monitors. One thread, one epoll loop; its peers are the OCI runtime
/// and the daemon, both root; it never looks at a byte that a VM wrote.
/// </summary>
internal sealed class KeeperLoop : IDisposable
{
    private const ulong StopToken = 1;
    private const ulong RuntimeToken = 2;
    private const ulong DaemonToken = 3;
    private const ulong MonitorToken = 4;
    private const ulong ViewsToken = 5;
    private const ulong ViewRequestsToken = 6;
    private const int ConnectionLimit = 32;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);

    private readonly Options _options;
    private readonly BoundedLog _log;
    private readonly Holdings _holdings = new();
    private readonly MonitorProcess _monitor;
    private readonly ViewHoldings _shown = new();
    private readonly ViewProcess _views;
    private readonly EventPoll _poll = new();
    private readonly FileDescriptor _runtimeSocket;
    private readonly FileDescriptor _daemonSocket;
    private readonly Dictionary<ulong, FileDescriptor> _runtimes = [];
    private readonly Dictionary<ulong, FileDescriptor> _daemons = [];
    private readonly List<FileDescriptor> _received = [];
    private FileDescriptor? _asked;
    private ulong _nextToken = ViewRequestsToken + 1;

    internal KeeperLoop(Options options, FileDescriptor stop, BoundedLog log)
    {
        _options = options;
        _log = log;
        _monitor = new MonitorProcess(options, _holdings, log);
        _views = new ViewProcess(options, _shown, log);
        var taken = Adoption.Adopt(options.Run, _holdings, TryAddListener);
        if (taken > 0)
            log.Write($"took {taken} descriptors from the monitor of an earlier keeper");
        if (Adoption.AdoptViews(options.Run, _shown))
            log.Write("took over the views from an earlier keeper");
        _runtimeSocket = UnixSocket.Listen(options.Run.SeccompSocket, UnixSocketKind.Stream, ConnectionLimit);
        _daemonSocket = UnixSocket.Listen(options.Run.KeeperSocket, UnixSocketKind.SequencedPacket, ConnectionLimit);
        _poll.Add(stop, StopToken);
        _poll.Add(_runtimeSocket, RuntimeToken);
        _poll.Add(_daemonSocket, DaemonToken);
        PartProcess.WritePidFile(options.Run.KeeperPid);
    }

    /// <summary>Serves until told to stop, then ends the monitor and leaves nothing behind.</summary>
    internal void Run()
    {
        Span<Readiness> ready = stackalloc Readiness[32];
        while (true)
        {
            if (_monitor.UntilStart == TimeSpan.Zero && _monitor.TryStart())
                _poll.Add(_monitor.Ended!, MonitorToken);
            StartViews();
            _views.ReapLeaving();

            foreach (var one in ready[.._poll.Wait(ready, UntilStart())])
            {
                if (one.Token == StopToken)
                {
                    RemoveFiles();
                    return;
                }

                try
                {
                    Serve(one);
                }
                catch (IOException failure)
                {
                    // One request fails; what we hold for the VM must not go with it.
                    _log.Write(failure.Message);
                }
            }
        }
    }

    public void Dispose()
    {
        _monitor.Dispose();
        _views.Dispose();
        _shown.Dispose();
        foreach (var connection in _runtimes.Values.Concat(_daemons.Values))
            connection.Dispose();
        _runtimeSocket.Dispose();
        _daemonSocket.Dispose();
        _poll.Dispose();
        _holdings.Dispose();
    }

    private void Serve(in Readiness one)
    {
        switch (one.Token)
        {
            case RuntimeToken:
                Accept(_runtimeSocket, _runtimes);
                break;
            case DaemonToken:
                Accept(_daemonSocket, _daemons);
                break;
            case MonitorToken:
                _poll.Remove(_monitor.Ended!);
                _monitor.Reap();
                break;
            case ViewsToken:
                // Unless it was replaced earlier in this round.
                if (!_views.HasEnded)
                    break;
                LeaveViews();
                _views.Reap();
                break;
            case ViewRequestsToken:
                if (_asked is not null && !_views.Answer())
                    StopListening();
                break;
            default:
                if (_runtimes.TryGetValue(one.Token, out var runtime))
                    ServeRuntime(one.Token, runtime);
                else if (_daemons.TryGetValue(one.Token, out var daemon))
                    ServeDaemon(one.Token, daemon);
                else if (one.HungUp)
                    Prune(one.Token);
                break;
        }
    }

    private int UntilStart()
    {
        var until = _monitor.UntilStart;
        if (_views.UntilStart is { } views && (until is null || views < until))
            until = views;
        if (_views.HasLeaving && (until is null || until > s_look))
            until = s_look;
        return until is { } wait ? (int)Math.Ceiling(wait.TotalMilliseconds) : -1;
    }

    private void StartViews()
    {
        if (_views.UntilStart != TimeSpan.Zero || !_views.TryStart())
            return;
        _poll.Add(_views.Ended!, ViewsToken);
        _asked = _views.Requests!;
        _poll.Add(_asked, ViewRequestsToken);
    }

    private void StopListening()
    {
        if (_asked is not null)
            _poll.Remove(_asked);
        _asked = null;
    }

    private void LeaveViews()
    {
        if (_views.Ended is { } ended)
            _poll.Remove(ended);
        StopListening();
    }

    private void Accept(FileDescriptor listening, Dictionary<ulong, FileDescriptor> connections)
    {
        if (UnixSocket.TryAccept(listening) is not { } connection)
            return;
        // The mode of the socket file lets only root connect; ask all the same.
        if (UnixSocket.PeerUser(connection) != 0 || connections.Count >= ConnectionLimit)
        {
            _log.Write("refused a connection");
            connection.Dispose();
            return;
        }

        var token = _nextToken++;
        connections[token] = connection;
        _poll.Add(connection, token);
    }

    /// <summary>
    /// The runtime sends one JSON text with the listener beside it (OCI runtime spec, linux.seccomp.listenerPath). We take the
    /// listener and leave the text unread: there is nothing in it that we need.
    /// </summary>
    private void ServeRuntime(ulong token, FileDescriptor connection)
    {
        Span<byte> ignored = stackalloc byte[4096];
        _received.Clear();
        var errno = UnixSocket.TryReceive(connection, ignored, _received, out var count);
        foreach (var descriptor in _received)
        {
            if (!SeccompListener.IsListener(descriptor))
            {
                _log.Write("the runtime sent something that is no seccomp listener");
                descriptor.Dispose();
            }
            else if (!TryAddListener(descriptor))
            {
                _log.Write("too many listeners");
                descriptor.Dispose();
            }
            else
            {
                _monitor.Send(new ControlMessage(ControlKind.Listener), descriptor);
            }
        }

        if (errno != Errno.EAGAIN && (errno != Errno.None || count == 0))
            Close(token, _runtimes);
    }

    private void ServeDaemon(ulong token, FileDescriptor connection)
    {
        Span<byte> bytes = stackalloc byte[ControlReply.Size];
        _received.Clear();
        var errno = UnixSocket.TryReceive(connection, bytes[..ControlMessage.Size], _received, out var count);
        if (errno == Errno.EAGAIN)
            return;
        if (errno != Errno.None || count == 0)
        {
            Close(token, _daemons);
            return;
        }

        Errno result;
        try
        {
            result = Obey(bytes[..count]);
        }
        catch (IOException failure)
        {
            _log.Write(failure.Message);
            result = (failure as KernelException)?.Errno ?? Errno.EIO;
        }

        foreach (var unused in _received)
            unused.Dispose();
        // Only who asks for it waits for the monitor, which may be starting.
        var asked = ControlMessage.TryRead(bytes[..count], out var message) && message.Kind == ControlKind.Status;
        Status(result, asked ? _monitor.Ask() : default).Write(bytes);
        if (UnixSocket.TrySend(connection, bytes) != Errno.None)
            Close(token, _daemons);
    }

    private void StopViews()
    {
        LeaveViews();
        _views.Dispose();
    }

    private Errno Obey(ReadOnlySpan<byte> bytes)
    {
        if (!ControlMessage.TryRead(bytes, out var message)
            || message.Kind == ControlKind.Listener
            || _received.Count != (message.HasDescriptor ? 1 : 0))
        {
            return Errno.EINVAL;
        }

        switch (message.Kind)
        {
            case ControlKind.AddMirror:
                if (MirrorsFile.MapId(_received[0]) == 0)
                    return Errno.EINVAL;
                var map = TakeDescriptor();
                _holdings.SetMirror(message.Slot, new HeldMirror(map, message.InterfaceIndex, message.Always));
                MirrorsFile.Write(_options.Run.Mirrors, _holdings.Mirrors);
                _monitor.Send(message, map);
                break;
            case ControlKind.RemoveMirror:
                _holdings.RemoveMirror(message.Slot);
                MirrorsFile.Write(_options.Run.Mirrors, _holdings.Mirrors);
                _monitor.Send(message);
                break;
            case ControlKind.DiagSocket:
                if (!NetlinkSocket.IsNetlink(_received[0]))
                    return Errno.EINVAL;
                var socket = TakeDescriptor();
                _holdings.SetDiagSocket(socket);
                _monitor.Send(message, socket);
                break;
            case ControlKind.ViewDevice:
                if (!ViewHoldings.IsConnection(message.Slot))
                    return Errno.EINVAL;
                StopViews();
                _shown.SetDevice(message.Slot, TakeDescriptor());
                break;
            case ControlKind.BeginDisks:
                _shown.BeginDisks();
                break;
            case ControlKind.Disk:
                return _shown.TryAddDisk(_received[0]) && TakeDescriptor() is not null ? Errno.None : Errno.EMFILE;
            case ControlKind.ShowDisks:
                StopViews();
                _shown.Commit(TakeDescriptor());
                // Whoever held the connections was killed with the keeper before us: the daemon makes new ones.
                if (!_shown.IsComplete)
                    return Errno.ENOTCONN;
                StartViews();
                break;
            default:
                break;
        }

        return Errno.None;
    }

    private ControlReply Status(Errno result, in ControlReply told) => new(
        result, _holdings.Listeners.Count, _holdings.Mirrors.Count, _holdings.DiagSocket is not null, _monitor.Pid,
        _monitor.Respawns, told.Traps, told.Active);

    private bool TryAddListener(FileDescriptor listener)
    {
        var token = _nextToken++;
        if (!_holdings.TryAddListener(token, listener))
            return false;
        // Notifications are the monitor's business; we only want to know when the last process under the filter has ended.
        _poll.Add(listener, token, onlyHangUp: true);
        return true;
    }

    private void Prune(ulong token)
    {
        if (_holdings.RemoveListener(token) is not { } listener)
            return;
        _poll.Remove(listener);
        listener.Dispose();
    }

    private void Close(ulong token, Dictionary<ulong, FileDescriptor> connections)
    {
        if (!connections.Remove(token, out var connection))
            return;
        _poll.Remove(connection);
        connection.Dispose();
    }

    private FileDescriptor TakeDescriptor()
    {
        var descriptor = _received[0];
        _received.Clear();
        return descriptor;
    }

    private void RemoveFiles()
    {
        _monitor.Dispose();
        _views.Dispose();
        var run = _options.Run;
        foreach (var path in new[] { run.SeccompSocket, run.KeeperSocket, run.MonitorPid, run.ViewsPid, run.KeeperPid, run.Mirrors })
            File.Delete(path);
    }
}
