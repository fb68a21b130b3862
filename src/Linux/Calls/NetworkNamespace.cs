using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

/// <summary>Doing something inside another network namespace (setns(2)).</summary>
public static class NetworkNamespace
{
    /// <summary>
    /// Runs a function in the namespace behind a path (<c>/proc/PID/ns/net</c>) and returns what it returns. A thread made for it
    /// alone enters and ends there: no other work can ever run in the wrong namespace. Descriptors made inside stay inside.
    /// </summary>
    public static T Run<T>(string path, Func<T> inside)
    {
        using var descriptor = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return Run(descriptor, inside, path);
    }

    /// <summary>As above, for a namespace that is held open.</summary>
    public static T Run<T>(SafeHandle descriptor, Func<T> inside, string? subject = null)
    {
        var result = default(T);
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(Enter, 256 * 1024) { IsBackground = true, Name = "network-namespace" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;

        void Enter()
        {
            try
            {
                _ = KernelException.Check(
                    LibC.setns((int)descriptor.DangerousGetHandle(), LibC.CLONE_NEWNET), "setns(CLONE_NEWNET)", subject);
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
}
