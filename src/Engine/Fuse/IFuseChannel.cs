using HyperSpector.Linux;

namespace HyperSpector.Engine.Fuse;

/// <summary>The door to /dev/fuse.</summary>
public interface IFuseChannel
{
    /// <summary>
    /// Waits for a request. EINTR: the thread was told to look up; ENOENT: its caller was killed meanwhile; ENODEV, ECONNABORTED: the
    /// file system is unmounted or aborted.
    /// </summary>
    Errno TryRead(Span<byte> request, out int count);

    /// <summary>
    /// Writes an answer or a notification, in one piece. ENOENT: nobody waits for that answer; of a notification: the kernel does not
    /// have what it is about.
    /// </summary>
    Errno TryWrite(ReadOnlySpan<byte> message);
}
