using System.Runtime.ExceptionServices;

namespace HyperSpector.Linux.Calls;

/// <summary>A thread made for one function alone, which enters namespaces and ends there: no other work can ever run in the wrong one.</summary>
internal static class NamespaceThread
{
    /// <summary>Runs <paramref name="enter"/>, then <paramref name="inside"/>; what they throw is thrown here.</summary>
    internal static T Run<T>(string name, Action enter, Func<T> inside)
    {
        var result = default(T);
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(Enter, 256 * 1024) { IsBackground = true, Name = name };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;

        void Enter()
        {
            try
            {
                enter();
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
