using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Calls;

/// <summary>Doing something inside another network namespace (setns(2)).</summary>
public static class NetworkNamespace
{
    /// <summary>
    /// Runs a function in the namespace behind a path (<c>/proc/PID/ns/net</c>) and returns what it returns, in a thread of its own.
    /// Descriptors made inside stay inside.
    /// </summary>
    public static T Run<T>(string path, Func<T> inside)
    {
        using var descriptor = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return Run(descriptor, inside, path);
    }

    /// <summary>As above, for a namespace that is held open.</summary>
    public static T Run<T>(SafeHandle descriptor, Func<T> inside, string? subject = null) => NamespaceThread.Run(
        "network-namespace",
        () => _ = KernelException.Check(LibC.setns((int)descriptor.DangerousGetHandle(), LibC.CLONE_NEWNET), "setns(CLONE_NEWNET)", subject),
        inside);
}
