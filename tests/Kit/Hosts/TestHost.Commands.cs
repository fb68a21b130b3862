using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Events;
using HyperSpector.Api.Messages;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kit.Hosts;

/// <summary>What a user does with the host, through the <c>hyperspector</c> program.</summary>
public sealed partial class TestHost
{
    /// <summary>Longest that one command may take.</summary>
    public static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(120);

    /// <summary>Runs <c>hyperspector</c> with these arguments, on this host.</summary>
    public ToolResult Hyperspector(params string[] arguments) => Hyperspector(arguments, "", CommandLimit);

    /// <summary>Runs <c>hyperspector</c> with these arguments and this input.</summary>
    public ToolResult Hyperspector(IReadOnlyList<string> arguments, string input, TimeSpan limit) =>
        Tool.Run("nsenter", TestNetwork.Enter(Network.Base, Command([.. arguments])), input, limit);

    /// <summary>The command line that <see cref="Hyperspector(string[])"/> runs in the base, for <see cref="StartInBase"/>.</summary>
    public string[] Command(params string[] arguments) => ["env", .. Environment, $"{InUse}/hyperspector", .. arguments];

    /// <summary>Arguments of nsenter(1) that run <c>hyperspector</c> with these arguments, on this host.</summary>
    public IReadOnlyList<string> Command(params IReadOnlyList<string> arguments) =>
        TestNetwork.Enter(Network.Base, ["env", .. Environment, $"{InUse}/hyperspector", .. arguments]);

    /// <summary>Makes the host match a site; starts the daemon if need be.</summary>
    /// <exception cref="IOException">It failed; the message has everything that was said.</exception>
    public void Up(string yaml)
    {
        StartDaemon();
        var file = $"{Prefix}/hyperspector.yaml";
        File.WriteAllText(file, yaml);
        var result = Hyperspector("up", "-f", file);
        if (!result.Status.Succeeded)
            throw new IOException($"up: {result.Status}\n{result.Output}{result.Error}\ndaemon: {DaemonLog}");
    }

    /// <summary>Removes everything that <see cref="Up"/> made.</summary>
    public void Down()
    {
        var result = Hyperspector("down");
        if (!result.Status.Succeeded)
            throw new IOException($"down: {result.Status}\n{result.Output}{result.Error}\ndaemon: {DaemonLog}");
    }

    /// <summary>Runs a command as root inside a VM.</summary>
    public ToolResult Exec(string machine, params string[] command) => Exec(machine, command, "", CommandLimit);

    /// <summary>Runs a command as root inside a VM, with input.</summary>
    public ToolResult Exec(string machine, IReadOnlyList<string> command, string input, TimeSpan limit) =>
        Hyperspector(["exec", machine, "--", .. command], input, limit);

    /// <summary>Starts a command as root inside a VM and leaves it running; when the result is disposed, the command must end by itself or with the VM.</summary>
    public Background StartExec(string machine, IReadOnlyList<string> command) =>
        new("nsenter", TestNetwork.Enter(Network.Base, ["env", .. Environment, $"{InUse}/hyperspector", "exec", machine, "--", .. command]));

    /// <summary>Puts a file into a VM, by the VM's own hands.</summary>
    public void Deliver(string machine, string path, ReadOnlySpan<byte> content)
    {
        var result = Exec(
            machine, ["sh", "-c", "base64 -d > \"$1\" && chmod 755 \"$1\"", "deliver", path], Convert.ToBase64String(content), CommandLimit);
        if (!result.Status.Succeeded)
            throw new IOException($"cannot put {path} into {machine}: {result.Status} {result.Error}");
    }

    /// <summary>The events so far.</summary>
    public IReadOnlyList<EventRecord> Alerts() =>
        [.. Checked("alerts", "--json").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize(line, ApiJson.Default.EventRecord)!)];

    /// <summary>The VMs.</summary>
    public IReadOnlyList<MachineStatus> Ps() => Status().Machines;

    /// <summary>The whole status.</summary>
    public HostStatus Status() => JsonSerializer.Deserialize(Checked("status", "--json"), ApiJson.Default.HostStatus)!;

    /// <summary>Runs a command in the network namespace of the base.</summary>
    public ToolResult InBase(params string[] command) => Tool.Run("nsenter", TestNetwork.Enter(Network.Base, command));

    /// <summary>Runs a command in the network namespace of the client.</summary>
    public ToolResult InClient(params string[] command) => Tool.Run("nsenter", TestNetwork.Enter(Network.Client, command));

    /// <summary>Starts a program in the network namespace of the base and leaves it running.</summary>
    public Background StartInBase(params string[] command) => new("nsenter", TestNetwork.Enter(Network.Base, command));

    /// <summary>Starts a program in the network namespace of the client and leaves it running.</summary>
    public Background StartInClient(params string[] command) => new("nsenter", TestNetwork.Enter(Network.Client, command));

    private string Checked(params string[] arguments)
    {
        var result = Hyperspector(arguments);
        return result.Status.Succeeded
            ? result.Output
            : throw new IOException($"hyperspector {string.Join(' ', arguments)}: {result.Status} {result.Error}\ndaemon: {DaemonLog}");
    }
}
