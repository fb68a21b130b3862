using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Handles;

/// <summary>Wakes a thread that waits in poll(2) (eventfd(2)).</summary>
public sealed class EventFd : IDisposable
{
    /// <summary>Makes one.</summary>
    public EventFd() => Descriptor = new FileDescriptor(
        KernelException.Check(LibC.eventfd(0, LibC.EFD_NONBLOCK | LibC.EFD_CLOEXEC), "eventfd"));

    /// <summary>Readable while a signal is pending.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Makes it readable. May be called from any thread, any number of times.</summary>
    public void Set() => _ = FileIo.TryWrite(Descriptor, BitConverter.GetBytes(1UL), out _);

    /// <summary>Makes it unreadable.</summary>
    public void Reset()
    {
        Span<byte> value = stackalloc byte[8];
        _ = FileIo.TryRead(Descriptor, value);
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();
}
