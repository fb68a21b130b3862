using System.Runtime.ExceptionServices;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Probing;

/// <summary>
/// A place to try things in: a thread with mount and network namespaces of its own, an empty tmpfs at <see cref="Root"/> and
/// nothing that propagates. The kernel removes all of it when the thread ends, however it ends. Programs started by the thread
/// start inside (a child inherits the namespaces of the thread that made it).
/// </summary>
public static class Throwaway
{
    private const int CLONE_NEWNS = 0x20000;
    private const int CLONE_NEWNET = 0x40000000;
    private const long SYS_unshare = 272;

    /// <summary>A directory that every system has; inside it is an empty tmpfs.</summary>
    public const string Root = "/tmp";

    /// <summary>Runs a function there and returns what it returns.</summary>
    /// <param name="inside">The function.</param>
    /// <param name="root">Another directory to use in place of <see cref="Root"/>, if what the function needs may lie in that.</param>
    /// <exception cref="KernelException">The namespaces could not be made (EPERM without privilege).</exception>
    public static T Run<T>(Func<T> inside, string root = Root)
    {
        var result = default(T);
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(Enter, 512 * 1024) { IsBackground = true, Name = "throwaway" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;

        void Enter()
        {
            try
            {
                // unshare(2): CLONE_NEWNS also stops sharing the working directory with the process's other threads.
                if (LibC.syscall(SYS_unshare, CLONE_NEWNS | CLONE_NEWNET, 0, 0, 0, 0, 0) < 0)
                    throw new KernelException("unshare", KernelException.LastErrno);
                Check(Probe.Mount("", "/", "", Probe.MS_REC | Probe.MS_PRIVATE, ""), "/");
                Check(Probe.Mount("hyperspector-probe", root, "tmpfs", 0, "size=4m,mode=755"), root);
                result = inside();
            }
#pragma warning disable CA1031 // carried over to the caller's thread whatever it is
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        }
    }

    private static void Check(Errno errno, string subject)
    {
        if (errno != Errno.None)
            throw new KernelException("mount", errno, subject);
    }
}
