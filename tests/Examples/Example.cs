using System.Reflection;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Examples;

/// <summary>One of <c>examples/</c>, brought up unmodified on a host of its own.</summary>
internal sealed class Example : IDisposable
{
    private readonly IReadOnlyList<string> _variables;

    /// <summary>Brings the example up.</summary>
    /// <param name="name">Its directory.</param>
    /// <param name="variables">Environment of the user, <c>NAME=value</c>.</param>
    internal Example(string name, params IReadOnlyList<string> variables)
    {
        _variables = variables;
        Host = new TestHost();
        try
        {
            Host.StartDaemon();
            File = Path.Join(DirectoryOf(name), "hyperspector.yaml");
            var result = Run("up", "-f", File);
            if (!result.Status.Succeeded)
                throw new IOException($"up: {result.Status}\n{result.Output}{result.Error}\ndaemon: {Host.DaemonLog}");
        }
        catch
        {
            Host.Dispose();
            throw;
        }
    }

    internal TestHost Host { get; }

    internal string File { get; }

    internal static string DirectoryOf(string name) => Path.GetFullPath(Path.Combine(
        typeof(Example).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ExamplesDirectory").Value!, name));

    /// <summary>Runs <c>hyperspector</c> with the example's environment.</summary>
    internal ToolResult Run(params string[] arguments) =>
        Tool.Run("nsenter", TestNetwork.Enter(Host.Network.Base, ["env", .. _variables, .. Host.Command(arguments)]), timeout: TestHost.CommandLimit);

    /// <summary>Repeats a command of the client until it succeeds: a server takes a while to start.</summary>
    internal string FromClient(params string[] command)
    {
        ToolResult? last = null;
        for (var attempt = 0; attempt < 120; attempt++)
        {
            last = Host.InClient(["timeout", "10", .. command]);
            if (last.Status.Succeeded)
                return last.Output;
            Thread.Sleep(250);
        }

        var logs = Host.Hyperspector("logs").Output;
        throw new IOException($"{string.Join(' ', command)}: {last!.Status} {last.Error}\n{logs}");
    }

    /// <summary>What the client gets of a published port.</summary>
    internal string Get(int port, string path = "/") => FromClient("curl", "-fsS", $"http://{TestNetwork.BaseAddress4}:{port}{path}");

    /// <summary>
    /// Captures with the pack's tcpdump in IDS VMs while the client acts: what each saw of the server's port <paramref name="port"/>, as text.
    /// </summary>
    internal IReadOnlyList<string> Watched(IReadOnlyList<(string Environment, string Device)> at, int port, Action act)
    {
        var captures = at.Select(a => Host.StartExec(
            a.Environment, ["/usr/bin/tcpdump", "-l", "-n", "-A", "-i", a.Device, "tcp", "port", $"{port}"])).ToList();
        try
        {
            foreach (var capture in captures)
                capture.WaitFor("listening on");
            act();
            // tcpdump writes whole packets, a moment after they came: the end of the connection is the last thing it tells.
            foreach (var capture in captures)
                capture.WaitFor("Flags [F");
            return [.. captures.Select(c => c.Output)];
        }
        finally
        {
            foreach (var capture in captures)
                capture.Dispose();
        }
    }

    /// <summary>Takes the example down, as a user would; nothing of it is left.</summary>
    internal void Down()
    {
        var result = Run("down", "-f", File);
        Assert.True(result.Status.Succeeded, $"down: {result.Status} {result.Output}{result.Error}");
        Host.StopDaemon();
        Assert.Equal("", string.Join('\n', Host.Leftovers()));
    }

    public void Dispose() => Host.Dispose();
}
