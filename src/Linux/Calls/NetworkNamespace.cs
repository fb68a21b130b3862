using System.Runtime.ExceptionServices;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>Work in another network namespace.</summary>
public static class NetworkNamespace
{
    /// <summary>
    /// Runs <paramref name="work"/> on a thread of its own inside the namespace and waits for it. A socket belongs for ever to the
    /// namespace of the thread that made it (network_namespaces(7)), so the result may be a socket that the caller keeps using. The
    /// thread ends here: no thread of the pool is ever left in a foreign namespace.
    /// </summary>
    /// <param name="network">The namespace, e.g. opened from <c>/run/netns/NAME</c> or <c>/proc/PID/ns/net</c>.</param>
    /// <param name="work">What to do; must not continue on other threads what needs the namespace.</param>
    public static T Run<T>(FileDescriptor network, Func<T> work)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                // Only the calling thread moves (setns(2)).
                _ = KernelException.Check(LibC.setns(network.Number, LibC.CLONE_NEWNET), "setns");
                result = work();
            }
#pragma warning disable CA1031 // handed over to the caller's thread
            catch (Exception error)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
        });
        thread.Start();
        thread.Join();
        GC.KeepAlive(network);
        failure?.Throw();
        return result!;
    }
}
