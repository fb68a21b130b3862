using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Fuse;

/// <summary>A descriptor of /dev/fuse, borrowed.</summary>
public sealed class FuseChannel(FileDescriptor device) : IFuseChannel
{
    /// <inheritdoc/>
    public Errno TryRead(Span<byte> request, out int count) => FuseDevice.TryRead(device, request, out count);

    /// <inheritdoc/>
    public Errno TryWrite(ReadOnlySpan<byte> message) => FuseDevice.TryWrite(device, message);
}
