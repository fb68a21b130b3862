using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>A network namespace with a waiting process: as much of a VM, a base or a client as the switch can see.</summary>
internal sealed class FakeMachine : IDisposable
{
    private readonly ChildProcess _process;
    private readonly FileDescriptor _hold;
    private readonly NamespaceFd _namespace;
    private bool _disposed;

    /// <param name="ownUser">In a user namespace of its own, as VMs are.</param>
    internal FakeMachine(bool ownUser = true)
    {
        // cat(1) waits for the end of a pipe that we hold: it ends with us, whatever ends us.
        (var wait, _hold) = Pipe.Create();
        using var none = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write);
        using (wait)
        {
            _process = Spawn.Start(new SpawnRequest
            {
                Program = Tool.Find("unshare")!,
                Arguments = [.. ownUser ? (string[])["--user", "--map-root-user"] : [], "--net", "--", "cat"],
                Descriptors = [(0, wait), (1, none), (2, none)],
            });
        }

        // unshare(1) becomes cat only when all of its namespaces exist.
        while (!File.ReadAllText($"/proc/{Pid}/comm").StartsWith("cat", StringComparison.Ordinal))
            Thread.Sleep(1);
        _namespace = NamespaceFd.NetworkOf(Pid);
    }

    internal int Pid => _process.Pid;

    internal void Run(Action action) => _namespace.Run(action);

    internal T Run<T>(Func<T> action)
    {
        var result = default(T);
        _namespace.Run(() => result = action());
        return result!;
    }

    /// <summary>Runs a tool inside; returns its output.</summary>
    internal string Output(string name, params string[] arguments) => Run(() => Tool.RunChecked(name, arguments));

    internal void Shell(string script) => Run(() => _ = Tool.RunChecked("sh", ["-ec", script]));

    public void Dispose()
    {
        const int SIGKILL = 9;
        if (_disposed)
            return;
        _disposed = true;
        _ = _process.PidFd.Signal(SIGKILL);
        _ = _process.Wait(TimeSpan.FromSeconds(10));
        _process.Dispose();
        _hold.Dispose();
        _namespace.Dispose();
    }
}
