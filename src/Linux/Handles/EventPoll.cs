using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Handles;

/// <summary>What happened to a watched descriptor.</summary>
/// <param name="Token">What it was added with.</param>
/// <param name="Readable">There is something to read, or to accept.</param>
/// <param name="HungUp">The other side is gone for good, or the descriptor failed.</param>
public readonly record struct Readiness(ulong Token, bool Readable, bool HungUp);

/// <summary>Waiting for many descriptors (epoll(7)), level-triggered.</summary>
public sealed class EventPoll : IDisposable
{
    private const int Batch = 32;
    private readonly FileDescriptor _epoll =
        new(KernelException.Check(LibC.epoll_create1(LibC.EPOLL_CLOEXEC), "epoll_create1"));

    /// <summary>Watches a descriptor; <paramref name="onlyHangUp"/> leaves what it has to read to somebody else.</summary>
    public unsafe void Add(FileDescriptor descriptor, ulong token, bool onlyHangUp = false)
    {
        var what = new LibC.EpollEvent { Events = onlyHangUp ? 0 : LibC.EPOLLIN, Data = token };
        // SAFETY: the kernel copies the event during the call. It reports EPOLLERR and EPOLLHUP unasked.
        _ = KernelException.Check(
            LibC.epoll_ctl(_epoll.Number, LibC.EPOLL_CTL_ADD, descriptor.Number, &what), "epoll_ctl(EPOLL_CTL_ADD)");
        GC.KeepAlive(descriptor);
    }

    /// <summary>
    /// Stops watching. Closing is not enough: epoll watches the open file, which lives on while another process holds it.
    /// </summary>
    public unsafe void Remove(FileDescriptor descriptor)
    {
        _ = KernelException.Check(
            LibC.epoll_ctl(_epoll.Number, LibC.EPOLL_CTL_DEL, descriptor.Number, null), "epoll_ctl(EPOLL_CTL_DEL)");
        GC.KeepAlive(descriptor);
    }

    /// <summary>Waits until something happens; the number of entries filled, 0 after <paramref name="milliseconds"/> (-1: never).</summary>
    public unsafe int Wait(Span<Readiness> ready, int milliseconds)
    {
        var events = stackalloc LibC.EpollEvent[Batch];
        // SAFETY: the kernel fills at most the given number of entries.
        var count = LibC.epoll_wait(_epoll.Number, events, Math.Min(Batch, ready.Length), milliseconds);
        GC.KeepAlive(this);
        if (count < 0)
        {
            return KernelException.LastErrno == Errno.EINTR
                ? 0
                : throw new KernelException("epoll_wait", KernelException.LastErrno);
        }

        for (var i = 0; i < count; i++)
        {
            var bits = events[i].Events;
            ready[i] = new Readiness(
                events[i].Data, (bits & LibC.EPOLLIN) != 0, (bits & (LibC.EPOLLHUP | LibC.EPOLLERR)) != 0);
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => _epoll.Dispose();
}
