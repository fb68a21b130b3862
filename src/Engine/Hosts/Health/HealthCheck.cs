using System.Globalization;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Hosts.Health;

/// <summary>
/// Runs a VM's check by the runtime's <c>exec</c>. Of what the VM does only the exit code is seen: its output goes to /dev/null.
/// Any thread; bounded in time whatever the VM does.
/// </summary>
internal sealed class HealthCheck(HostPaths paths, MachineFactory factory)
{
    private const int SIGKILL = 9;
    private static readonly TimeSpan s_runtimeEnds = TimeSpan.FromSeconds(2);

    // Guards _children: a child is known from the moment it exists, so that nobody takes it for an orphan (Reaping.ReapUnknown).
    private readonly Lock _lock = new();
    private readonly HashSet<int> _children = [];

    /// <summary>True for a child that a check waits for.</summary>
    internal bool IsChild(int pid)
    {
        lock (_lock)
            return _children.Contains(pid);
    }

    /// <summary>Did the command pass in time?</summary>
    /// <param name="machine">The VM.</param>
    /// <param name="pidSpace">What <see cref="PidSpaceOf"/> says about its first process.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="timeout">Longest that it may take.</param>
    internal bool Passes(string machine, string? pidSpace, IReadOnlyList<string> command, TimeSpan timeout)
    {
        // It has just ended.
        if (factory.RuntimeOf(machine) is not { } runtime)
            return false;
        var pidFile = $"{paths.MachineRun(machine)}/health.pid";
        File.Delete(pidFile);
        using var nothing = Nodes.OpenNull();
        using var child = Start(runtime, nothing, machine, pidFile, command);
        try
        {
            if (child.Wait(timeout) is { } status)
                return status.Succeeded;
            // The runtime passes signals on, but not this one: the command first, then the runtime by itself, or not.
            KillCommand(pidFile, pidSpace);
            if (child.Wait(s_runtimeEnds) is null)
            {
                _ = child.PidFd.Signal(SIGKILL);
                _ = child.Wait(Timeout.InfiniteTimeSpan);
            }

            return false;
        }
        finally
        {
            lock (_lock)
                _ = _children.Remove(child.Pid);
        }
    }

    /// <summary>Names the PID namespace of a process; null if it is gone.</summary>
    internal static string? PidSpaceOf(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/ns/pid").LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private ChildProcess Start((string Program, string Root) runtime, FileDescriptor nothing, string machine, string pidFile, IReadOnlyList<string> command)
    {
        lock (_lock)
        {
            var child = Spawn.Start(new SpawnRequest
            {
                Program = runtime.Program,
                // The runtime takes what follows the id as it is.
                Arguments = ["--root", runtime.Root, "exec", "--pid-file", pidFile, paths.ContainerId(machine), .. command],
                Descriptors = [(0, nothing), (1, nothing), (2, nothing)],
                NewSession = true,
                WorkingDirectory = "/",
            });
            _ = _children.Add(child.Pid);
            return child;
        }
    }

    // The runtime wrote the file, in a directory of ours. A number may have passed to another process all the same: only one in the
    // VM's own PID namespace is killed.
    private static void KillCommand(string pidFile, string? pidSpace)
    {
        try
        {
            if (pidSpace is null || !int.TryParse(File.ReadAllText(pidFile), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                return;
            using var process = PidFd.TryOpen(pid);
            if (process is not null && PidSpaceOf(pid) == pidSpace)
                _ = process.Signal(SIGKILL);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It had not come so far, or the VM is being removed.
        }
    }
}
