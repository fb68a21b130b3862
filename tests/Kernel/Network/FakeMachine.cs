using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>A network namespace with a sleeping process: as much of a VM, a base or a client as the switch can see.</summary>
internal sealed class FakeMachine : IDisposable
{
    private readonly ChildProcess _sleeper;
    private readonly NamespaceFd _namespace;

    /// <param name="ownUser">In a user namespace of its own, as VMs are.</param>
    internal FakeMachine(bool ownUser = true)
    {
        _sleeper = Spawn.Start(new SpawnRequest
        {
            Program = Tool.Find("unshare")!,
            Arguments = [.. ownUser ? (string[])["--user", "--map-root-user"] : [], "--net", "--", "sleep", "3600"],
        });
        // unshare(1) becomes the sleeper only when all of its namespaces exist.
        while (!File.ReadAllText($"/proc/{Pid}/comm").StartsWith("sleep", StringComparison.Ordinal))
            Thread.Sleep(1);
        _namespace = NamespaceFd.NetworkOf(Pid);
    }

    internal int Pid => _sleeper.Pid;

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
        _ = _sleeper.PidFd.Signal(SIGKILL);
        _ = _sleeper.Wait(TimeSpan.FromSeconds(10));
        _sleeper.Dispose();
        _namespace.Dispose();
    }
}
