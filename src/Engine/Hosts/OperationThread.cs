using System.Collections.Concurrent;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// The one thread that changes anything on this host, one operation after another: no step of an operation ever meets another
/// half done, and there is nothing to lock.
/// </summary>
internal sealed class OperationThread : IDisposable
{
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;

    internal OperationThread()
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = "operations" };
        _thread.Start();
    }

    /// <summary>Runs an operation in its turn; its exception is the task's.</summary>
    internal Task RunAsync(Action operation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(() =>
        {
            try
            {
                operation();
                done.SetResult();
            }
#pragma warning disable CA1031 // carried to whoever asked
            catch (Exception error)
#pragma warning restore CA1031
            {
                done.SetException(error);
            }
        });
        return done.Task;
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private void Loop()
    {
        foreach (var operation in _queue.GetConsumingEnumerable())
            operation();
    }
}
