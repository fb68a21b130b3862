using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>A lock among processes on a file (flock(2)), held until disposed or until its holder dies.</summary>
public sealed class FileLock : IDisposable
{
    private readonly FileDescriptor _descriptor;

    private FileLock(FileDescriptor descriptor) => _descriptor = descriptor;

    /// <summary>Waits for the lock; makes the file (0600) if needed.</summary>
    public static FileLock Take(string path)
    {
        var descriptor = new FileDescriptor(KernelException.Check(
            LibC.open(path, LibC.O_RDWR | LibC.O_CREAT | LibC.O_CLOEXEC | LibC.O_NOFOLLOW, 0x180 /* 0600 */), "open", path));
        while (LibC.syscall(LibC.SYS_flock, descriptor.Number, LibC.LOCK_EX, 0, 0, 0, 0) != 0)
        {
            var errno = KernelException.LastErrno;
            if (errno == Errno.EINTR)
                continue;
            descriptor.Dispose();
            throw new KernelException("flock", errno, path);
        }

        return new FileLock(descriptor);
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();
}
