using System.Runtime.InteropServices;
using HyperSpector.Linux.Calls;
using Microsoft.Win32.SafeHandles;

namespace HyperSpector.Linux.Handles;

/// <summary>An owned file descriptor of any kind; closed exactly once. Every descriptor we make is O_CLOEXEC.</summary>
public sealed class FileDescriptor : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>Takes ownership of <paramref name="descriptor"/>.</summary>
    public FileDescriptor(int descriptor) : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>For the interop marshaller.</summary>
    public FileDescriptor() : base(ownsHandle: true) { }

    /// <summary>The number. Valid while this object is alive and not disposed: callers keep it alive.</summary>
    public int Number => (int)handle;

    /// <summary>A path that leads to the open file itself, for calls that only take paths.</summary>
    public string ProcPath => $"/proc/self/fd/{Number}";

    /// <summary>Another descriptor of the same open file (dup(2)), closed by itself.</summary>
    public FileDescriptor Duplicate()
    {
        var copy = KernelException.Check(LibC.fcntl(Number, LibC.F_DUPFD_CLOEXEC, 3), "fcntl(F_DUPFD_CLOEXEC)");
        GC.KeepAlive(this);
        return new FileDescriptor(copy);
    }

    /// <inheritdoc/>
    // close(2): on Linux the descriptor is gone even after EINTR, so it is never repeated.
    protected override bool ReleaseHandle() => Close((int)handle) == 0;

    [DllImport("libc", EntryPoint = "close")]
#pragma warning disable SYSLIB1054, CA5392 // blittable, and generated code would need the handle this class is
    private static extern int Close(int descriptor);
#pragma warning restore SYSLIB1054, CA5392
}
