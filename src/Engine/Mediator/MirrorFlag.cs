using HyperSpector.Engine.Mediator.Capture;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Mediator;

/// <summary>A flag in a mmapped BPF map: flipping it takes no privilege and no other process.</summary>
internal sealed class MirrorFlag(FileDescriptor map) : IMirrorFlag, IDisposable
{
    private readonly MappedPage _page = new(map);

    // Kept open although the mapping needs it no more: a new keeper takes the map from here if ours is killed.
    private readonly FileDescriptor _map = map;

    /// <inheritdoc/>
    public bool IsSet
    {
        get => _page.Load() != 0;
        set => _page.Store(value ? 1u : 0u);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _page.Dispose();
        _map.Dispose();
    }
}
