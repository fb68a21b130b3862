using HyperSpector.Engine.Fuse;
using HyperSpector.Engine.Mediator;
using HyperSpector.Linux;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks.Serving;

/// <summary>One of an IDS VM's views: its tree, and the connection by which that VM's kernel asks for it.</summary>
internal sealed class ViewConnection : IViewCache, IDisposable
{
    private readonly FuseChannel _channel;
    private readonly FuseServer _server;
    private readonly FuseLoop _loop;
    private readonly ViewTree _tree;
    private readonly BoundedLog _log;
    private volatile FuseNotifier? _notifier;

    internal ViewConnection(
        IReadOnlyList<ServerDisk> disks, FileDescriptor device, FileDescriptor nodes, ViewState state, int connection, ulong life, BoundedLog log)
    {
        _log = log;
        _channel = new FuseChannel(device);
        _tree = new ViewTree(disks, this, life, nodes);
        var session = state.SessionOf(connection);
        _server = new FuseServer(_tree, log, session, negotiated =>
        {
            state.Keep(connection, negotiated);
            Begin(negotiated);
        });
        _loop = new FuseLoop(_server, _channel, threads: 0, log);
        if (session is not null)
            TakeOver(session);
        else
            // Whoever was before us may have read the first request and died of it. If nobody was, nothing comes of this.
            _ = new FuseNotifier(_channel, session: null).Resend();
        _loop.Start();
        // With somebody to answer: withdrawing waits for requests that are under way.
        if (session is not null)
            _tree.WithdrawAll();
    }

    /// <summary>Waits until the file system is unmounted.</summary>
    internal void Wait()
    {
        while (!_loop.Wait(TimeSpan.FromHours(1)))
        {
        }
    }

    void IViewCache.DropEntry(ulong directory, ReadOnlySpan<byte> name) => Complain(_notifier?.InvalidateEntry(directory, name));

    void IViewCache.DropNode(ulong node) => Complain(_notifier?.InvalidateData(node));

    public void Dispose()
    {
        _loop.Dispose();
        _tree.Dispose();
    }

    // Requests that an earlier process had read come again (from Linux 6.9 on); names that led nowhere cannot be named, and are withdrawn
    // together (from 6.16 on).
    private void TakeOver(FuseSession session)
    {
        Begin(session);
        if (session.CanDropNames)
            Complain(_notifier!.InvalidateAllEntries());
        if (session.CanResend)
            Complain(_notifier!.Resend());
    }

    private void Begin(FuseSession session)
    {
        _tree.KeptAbsence = session.CanDropNames ? ViewTree.UntilTold : ViewTree.Glanced;
        _notifier = new FuseNotifier(_channel, session);
    }

    private void Complain(Errno? errno)
    {
        // ENOENT: the kernel does not have it.
        if (errno is not (null or Errno.None or Errno.ENOENT or Errno.ENODEV))
            _log.Write($"views: the kernel does not take a notification: {errno}");
    }
}
