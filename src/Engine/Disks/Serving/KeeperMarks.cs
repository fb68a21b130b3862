using HyperSpector.Linux;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks.Serving;

/// <summary>Asks the keeper.</summary>
internal sealed class KeeperMarks(FileDescriptor keeper) : ILayerMarks
{
    private readonly Lock _lock = new();

    public Errno TryRead(FileDescriptor upper, LayerMark mark, Span<byte> value, out int length)
    {
        lock (_lock)
            return KeeperRequest.Ask(keeper, upper, mark, value, out length);
    }
}
