using HyperSpector.Linux;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks.Serving;

/// <summary>Asks the keeper.</summary>
internal sealed class KeeperRedirects(FileDescriptor keeper) : IRedirects
{
    private readonly Lock _lock = new();

    public Errno TryRead(FileDescriptor upperDirectory, Span<byte> redirect, out int length)
    {
        lock (_lock)
            return KeeperRequest.Ask(keeper, upperDirectory, redirect, out length);
    }
}
