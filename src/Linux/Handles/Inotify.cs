using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Handles;

/// <summary>
/// Wakes us when something in a directory changes (inotify(7)). Which file it was is not looked at: names come from whoever
/// writes there, a queue can overflow, and the watcher looks at everything it reads anyway.
/// </summary>
public sealed class Inotify : IDisposable
{
    private const uint Changes =
        LibC.IN_MODIFY | LibC.IN_ATTRIB | LibC.IN_MOVED_FROM | LibC.IN_MOVED_TO | LibC.IN_CREATE | LibC.IN_DELETE
        | LibC.IN_DELETE_SELF | LibC.IN_ONLYDIR;

    /// <summary>Makes an empty one.</summary>
    public Inotify() : this(new FileDescriptor(
        KernelException.Check(LibC.inotify_init1(LibC.IN_NONBLOCK | LibC.IN_CLOEXEC), "inotify_init1")))
    {
    }

    /// <summary>Takes over an inherited one.</summary>
    public Inotify(FileDescriptor descriptor) => Descriptor = descriptor;

    /// <summary>Readable when something has changed.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Adds an open directory.</summary>
    public void Add(FileDescriptor directory)
    {
        _ = KernelException.Check(
            LibC.inotify_add_watch(Descriptor.Number, directory.ProcPath, Changes), "inotify_add_watch", directory.ProcPath);
        GC.KeepAlive(directory);
    }

    /// <summary>Forgets what has been reported so far; look at the directories after this, not before.</summary>
    public void Drain()
    {
        Span<byte> buffer = stackalloc byte[4096];
        // Bounded: whoever makes changes as fast as we read them must not keep us here.
        for (var i = 0; i < 64 && FileIo.TryRead(Descriptor, buffer) > 0; i++)
        {
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();
}
