using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>Pipes and plain reads and writes on descriptors (pipe(7)).</summary>
public static class Pipe
{
    /// <summary>Makes a pipe, both ends O_CLOEXEC.</summary>
    public static unsafe (FileDescriptor Read, FileDescriptor Write) Create()
    {
        var ends = stackalloc int[2];
        // SAFETY: pipe2 fills exactly two ints.
        _ = KernelException.Check(LibC.pipe2(ends, LibC.O_CLOEXEC), "pipe2");
        return (new FileDescriptor(ends[0]), new FileDescriptor(ends[1]));
    }

    /// <summary>Reads and writes on this end no longer wait (O_NONBLOCK).</summary>
    public static void MakeNonBlocking(FileDescriptor pipe) =>
        _ = KernelException.Check(LibC.fcntl(pipe.Number, LibC.F_SETFL, LibC.O_NONBLOCK), "fcntl(F_SETFL)");

    /// <summary>Changes how much a pipe or FIFO holds (F_SETPIPE_SZ, fcntl(2)); an unprivileged user has a limit.</summary>
    public static Errno TryResize(FileDescriptor pipe, int bytes)
    {
        var result = LibC.fcntl(pipe.Number, LibC.F_SETPIPE_SZ, bytes);
        return result < 0 ? KernelException.LastErrno : Errno.None;
    }

    /// <summary>Reads what is there; 0 at the end. Repeats on EINTR.</summary>
    public static unsafe int Read(FileDescriptor descriptor, Span<byte> buffer)
    {
        while (true)
        {
            nint count;
            fixed (byte* start = buffer) // SAFETY: the kernel writes at most buffer.Length bytes.
                count = LibC.read(descriptor.Number, start, (nuint)buffer.Length);
            GC.KeepAlive(descriptor);
            if (count >= 0)
                return (int)count;
            if (KernelException.LastErrno != Errno.EINTR)
                throw new KernelException("read", KernelException.LastErrno);
        }
    }

    /// <summary>Writes everything, however often the kernel takes a part only.</summary>
    public static unsafe void WriteAll(FileDescriptor descriptor, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            nint count;
            fixed (byte* start = bytes) // SAFETY: the kernel reads at most bytes.Length bytes.
                count = LibC.write(descriptor.Number, start, (nuint)bytes.Length);
            GC.KeepAlive(descriptor);
            if (count >= 0)
                bytes = bytes[(int)count..];
            else if (KernelException.LastErrno != Errno.EINTR)
                throw new KernelException("write", KernelException.LastErrno);
        }
    }
}
