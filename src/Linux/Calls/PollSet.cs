using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>The descriptors that one loop waits for (poll(2)), over and over, without garbage.</summary>
public sealed class PollSet
{
    private readonly List<FileDescriptor> _descriptors = [];
    private LibC.PollFd[] _entries = [];

    /// <summary>Adds a descriptor, borrowed; returns its place in the set.</summary>
    public int Add(FileDescriptor descriptor)
    {
        _descriptors.Add(descriptor);
        Array.Resize(ref _entries, _descriptors.Count);
        return _descriptors.Count - 1;
    }

    /// <summary>Empties the set.</summary>
    public void Clear()
    {
        _descriptors.Clear();
        _entries = [];
    }

    /// <summary>
    /// Waits until a descriptor is readable or hung up, at most <paramref name="timeout"/> (null: for ever). False: it was the
    /// timeout, or a signal came.
    /// </summary>
    public unsafe bool Wait(TimeSpan? timeout)
    {
        for (var i = 0; i < _entries.Length; i++)
            _entries[i] = new LibC.PollFd { Descriptor = _descriptors[i].IsClosed ? -1 : _descriptors[i].Number, Events = LibC.POLLIN };
        var milliseconds = timeout is { } limit ? (int)Math.Clamp(Math.Ceiling(limit.TotalMilliseconds), 0, int.MaxValue) : -1;
        int ready;
        fixed (LibC.PollFd* first = _entries) // SAFETY: the kernel reads and writes _entries.Length entries.
            ready = LibC.poll(first, (ulong)_entries.Length, milliseconds);
        GC.KeepAlive(_descriptors);
        if (ready < 0 && KernelException.LastErrno != Errno.EINTR)
            throw new KernelException("poll", KernelException.LastErrno);
        if (ready < 0)
            Array.Clear(_entries);
        return ready > 0;
    }

    /// <summary>Was this descriptor readable or hung up after the last wait?</summary>
    public bool IsReady(int place) => _entries[place].Returned != 0;
}
