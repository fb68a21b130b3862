using System.Diagnostics;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Mediator;

/// <summary>
/// The daemon's line to a keeper. Every request is answered; sending the same thing twice does no harm, so a daemon that does not
/// know what the keeper holds sends everything. One thread at a time.
/// </summary>
public sealed class KeeperClient : IDisposable
{
    private static readonly TimeSpan ReplyLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(5);
    private readonly FileDescriptor _socket;

    private KeeperClient(FileDescriptor socket) => _socket = socket;

    /// <summary>Connects to the keeper of a VM, which may still be starting.</summary>
    /// <exception cref="KernelException">It did not answer within <paramref name="limit"/>.</exception>
    public static KeeperClient Connect(MediatorPaths paths, TimeSpan limit)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var errno = UnixSocket.TryConnect(paths.KeeperSocket, UnixSocketKind.SequencedPacket, out var socket);
            if (socket is not null)
                return new KeeperClient(socket);
            if (Stopwatch.GetElapsedTime(started) >= limit)
                throw new KernelException("connect", errno, paths.KeeperSocket);
            Thread.Sleep(RetryInterval);
        }
    }

    /// <summary>Hands in a mirror's flag. The caller may close its descriptor afterwards.</summary>
    /// <param name="slot">0 to 63, unique among the VM's mirrors.</param>
    /// <param name="flagMap">A mmapable BPF array map of one u32: copy or not.</param>
    /// <param name="interfaceIndex">Of the mirror's end, as the IDS VM sees it.</param>
    /// <param name="always">Copy whether or not somebody captures.</param>
    public void AddMirror(int slot, FileDescriptor flagMap, int interfaceIndex, bool always = false) =>
        Request(new ControlMessage(ControlKind.AddMirror, slot, interfaceIndex, always), flagMap);

    /// <summary>The mirror is gone.</summary>
    public void RemoveMirror(int slot) => Request(new ControlMessage(ControlKind.RemoveMirror, slot));

    /// <summary>
    /// Hands in a socket made by <see cref="DiagSocket"/>. It keeps the VM's network namespace alive: end the keeper, or
    /// hand in another, when the VM is gone.
    /// </summary>
    public void SetDiagSocket(FileDescriptor socket) => Request(new ControlMessage(ControlKind.DiagSocket), socket);

    /// <summary>Hands in the connection of a view that has just been mounted: 0 for <c>/.serverfs</c>, 1 for <c>/.dserverfs</c>.</summary>
    public void SetViewDevice(int connection, FileDescriptor device) =>
        Request(new ControlMessage(ControlKind.ViewDevice, connection), device);

    /// <summary>
    /// Hands in what the views are to show. When this returns, nothing of what they showed before is held: a server VM that is none of the
    /// plan's can be unmounted.
    /// </summary>
    /// <param name="plan">JSON of a ViewPlan.</param>
    /// <param name="disks">Its mounts and layers, in its order.</param>
    public void ShowDisks(FileDescriptor plan, IReadOnlyList<FileDescriptor> disks)
    {
        _ = Request(new ControlMessage(ControlKind.BeginDisks));
        foreach (var disk in disks)
            _ = Request(new ControlMessage(ControlKind.Disk), disk);
        _ = Request(new ControlMessage(ControlKind.ShowDisks), plan);
    }

    /// <summary>What keeper and monitor hold and do.</summary>
    public ControlReply GetStatus() => Request(new ControlMessage(ControlKind.Status));

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private ControlReply Request(ControlMessage message, params ReadOnlySpan<FileDescriptor> descriptors)
    {
        Span<byte> bytes = stackalloc byte[ControlReply.Size];
        message.Write(bytes);
        var errno = UnixSocket.TrySend(_socket, bytes[..ControlMessage.Size], descriptors);
        if (errno != Errno.None)
            throw new KernelException("sendmsg", errno, $"keeper: {message.Kind}");
        if (!Poll.WaitReadable(_socket, ReplyLimit))
            throw new KernelException("recvmsg", Errno.ETIMEDOUT, $"keeper: {message.Kind}");
        var none = new List<FileDescriptor>();
        errno = UnixSocket.TryReceive(_socket, bytes, none, out var count);
        if (errno != Errno.None || !ControlReply.TryRead(bytes[..Math.Max(count, 0)], out var reply))
            throw new KernelException("recvmsg", errno == Errno.None ? Errno.EPIPE : errno, $"keeper: {message.Kind}");
        if (reply.Error != Errno.None)
            throw new KernelException($"keeper: {message.Kind}", reply.Error, $"slot {message.Slot}");
        return reply;
    }
}
