using System.Text.Json;
using HyperSpector.Engine.Machines.Oci;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Machines;

/// <summary>The OCI runtime that starts the VMs (design §1: we write none).</summary>
/// <param name="Program">Absolute path.</param>
/// <param name="Version">First line of its <c>--version</c>.</param>
public sealed record Runtime(string Program, string Version)
{
    /// <summary>The runtimes that a VM can ask for, the usual one first.</summary>
    public static readonly IReadOnlyList<string> Known = ["runc", "crun", "runsc", "kata-runtime"];

    private static readonly TimeSpan CreateLimit = TimeSpan.FromSeconds(60);

    /// <summary>Its name: that of its program.</summary>
    public string Name => Path.GetFileName(Program);

    /// <summary>It hands seccomp listeners over (runtime-spec, <c>listenerPath</c>): runc and crun do.</summary>
    public bool HasSeccompListener => Name is "runc" or "crun";

    /// <summary>A runtime by its name, without trying it; null if it is not installed.</summary>
    internal static Runtime? Find(string name) => Tool.Find(name) is { } program ? new Runtime(program, "") : null;

    /// <summary>The first runtime that is installed and answers: <paramref name="preferred"/>, else runc, else crun.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public static Runtime Probe(string? preferred = null)
    {
        string[] names = preferred is null ? ["runc", "crun"] : [preferred];
        foreach (var name in names)
        {
            if (Tool.Find(name) is not { } program)
                continue;
            var result = Tool.Run(program, ["--version"]);
            if (result.Status.Succeeded)
                return new Runtime(program, result.Output.Split('\n')[0].Trim());
        }

        throw new IOException($"no OCI runtime: install {names[0]}");
    }

    /// <summary>Runs <c>create</c>; the VM's output goes to <paramref name="output"/>. Returns the pid of its first process.</summary>
    internal int Create(string root, string id, string bundle, FileDescriptor output)
    {
        // No pipe of ours: the first process inherits these three, and would hold a pipe open for its whole life.
        var log = $"{bundle}/runtime.log";
        var pidFile = $"{bundle}/init.pid";
        File.Delete(log);
        File.Delete(pidFile);
        using var input = Nodes.OpenNull();
        using var child = Spawn.Start(new SpawnRequest
        {
            Program = Program,
            Arguments = ["--root", root, "--log", log, "--log-format", "json", "create", "--bundle", bundle, "--pid-file", pidFile, id],
            Descriptors = [(0, input), (1, output), (2, output)],
            WorkingDirectory = bundle,
        });
        var status = child.Wait(CreateLimit);
        if (status is null)
        {
            const int SIGKILL = 9;
            _ = child.PidFd.Signal(SIGKILL);
            _ = child.Wait(Timeout.InfiniteTimeSpan);
            throw new KernelException(Path.GetFileName(Program), Errno.ETIMEDOUT, $"create {id}");
        }

        if (!status.Value.Succeeded)
            throw new IOException($"{Path.GetFileName(Program)} create {id}: {LastError(log) ?? status.Value.ToString()}");
        return int.Parse(File.ReadAllText(pidFile), System.Globalization.CultureInfo.InvariantCulture);
    }

    internal void Start(string root, string id) => _ = Tool.RunChecked(Program, ["--root", root, "start", id]);

    internal MachineProcess? State(string root, string id)
    {
        if (!Has(root, id))
            return null;
        var result = Tool.Run(Program, ["--root", root, "state", id]);
        if (!result.Status.Succeeded)
            return null;
        var state = JsonSerializer.Deserialize(result.Output, OciJson.Default.OciState);
        return state is null ? null : new MachineProcess(state.Status, state.Pid);
    }

    /// <summary>Kills and forgets a container, however much of it there is.</summary>
    internal void Delete(string root, string id)
    {
        if (Has(root, id))
            _ = Tool.Run(Program, ["--root", root, "delete", "--force", id]);
        Forget(root, id);
    }

    /// <summary>Removes what a runtime that died half way has left, and refuses to touch; or one that was uninstalled.</summary>
    internal static void Forget(string root, string id)
    {
        foreach (var entry in Entries(root, id))
            Trees.Remove(entry);
    }

    /// <summary>True if a runtime with this directory knows of the container.</summary>
    internal static bool Has(string root, string id) => Entries(root, id).Count > 0;

    // A directory of the container's name; runsc has files instead: ID_sandbox:ID.state and .lock.
    private static List<string> Entries(string root, string id) => !Directory.Exists(root) ? [] :
    [
        .. Directory.EnumerateFileSystemEntries(root).Where(e => Path.GetFileName(e) is var name
            && (name == id || name.StartsWith($"{id}_sandbox:", StringComparison.Ordinal))),
    ];

    private static string? LastError(string log)
    {
        if (!File.Exists(log))
            return null;
        string? last = null;
        foreach (var line in File.ReadLines(log))
        {
            try
            {
                if (JsonSerializer.Deserialize(line, OciJson.Default.OciLogLine) is { Level: "error" or "fatal", Msg: { } message })
                    last = message;
            }
            catch (JsonException)
            {
                last ??= line;
            }
        }

        return last;
    }
}
