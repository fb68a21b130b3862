using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Cli.Output;

/// <summary>
/// Standard output or error as a plain stream. Not .NET's own: that one swallows EPIPE, so that <c>hyperspector alerts -f | head</c>
/// would never end, and it changes the terminal's settings, which are the OCI runtime's business during <c>exec -t</c>.
/// </summary>
internal sealed class StandardStream(FileDescriptor descriptor) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>A stream over descriptor 1 or 2; what is closed swallows everything.</summary>
    internal static Stream Open(int number, out bool isTerminal, out FileDescriptor? descriptor)
    {
        descriptor = StandardDescriptors.TryCopy(number);
        isTerminal = descriptor is not null && TerminalDevice.Is(descriptor);
        return descriptor is null ? Null : new StandardStream(descriptor);
    }

    public override void Write(ReadOnlySpan<byte> buffer) => Write(descriptor, buffer);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is held back here.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Writes everything, also where somebody who shares the pipe made it non-blocking.</summary>
    internal static void Write(FileDescriptor descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var errno = FileIo.TryWrite(descriptor, bytes, out var written);
            bytes = bytes[written..];
            if (errno == Errno.EAGAIN)
                _ = Poll.WaitWritable(descriptor, Timeout.InfiniteTimeSpan);
            else if (errno != Errno.None)
                throw new KernelException("write", errno);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            descriptor.Dispose();
        base.Dispose(disposing);
    }
}
