using System.Diagnostics;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>Waiting for one descriptor (poll(2)).</summary>
public static class Poll
{
    /// <summary>True once <paramref name="descriptor"/> is readable or hung up; false after the timeout.</summary>
    public static bool WaitReadable(FileDescriptor descriptor, TimeSpan timeout) => Wait(descriptor, LibC.POLLIN, timeout);

    /// <summary>True once <paramref name="descriptor"/> takes something to write, or is hung up; false after the timeout.</summary>
    public static bool WaitWritable(FileDescriptor descriptor, TimeSpan timeout) => Wait(descriptor, LibC.POLLOUT, timeout);

    /// <summary>Waits, without limit, until at least one descriptor is readable or hung up; says which are.</summary>
    public static unsafe bool[] WaitAnyReadable(IReadOnlyList<FileDescriptor> descriptors)
    {
        var entries = new LibC.PollFd[descriptors.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            // A descriptor closed meanwhile is polled as -1, which poll(2) ignores.
            entries[i] = new LibC.PollFd { Descriptor = descriptors[i].IsClosed ? -1 : descriptors[i].Number, Events = LibC.POLLIN };
        }

        while (true)
        {
            int ready;
            fixed (LibC.PollFd* first = entries) // SAFETY: the kernel reads and writes entries.Length entries.
                ready = LibC.poll(first, (ulong)entries.Length, -1);
            GC.KeepAlive(descriptors);
            if (ready > 0)
                return [.. entries.Select(e => e.Returned != 0)];
            if (ready < 0 && KernelException.LastErrno != Errno.EINTR)
                throw new KernelException("poll", KernelException.LastErrno);
        }
    }

    private static unsafe bool Wait(FileDescriptor descriptor, short events, TimeSpan timeout)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var left = timeout - Stopwatch.GetElapsedTime(started);
            var milliseconds = timeout == Timeout.InfiniteTimeSpan ? -1 : Math.Max(0, (int)Math.Ceiling(left.TotalMilliseconds));
            var entry = new LibC.PollFd { Descriptor = descriptor.Number, Events = events };
            // SAFETY: one entry, on the stack for the length of the call.
            var ready = LibC.poll(&entry, 1, milliseconds);
            GC.KeepAlive(descriptor);
            if (ready > 0)
                return true;
            if (ready == 0)
                return false;
            if (KernelException.LastErrno != Errno.EINTR)
                throw new KernelException("poll", KernelException.LastErrno);
        }
    }
}
