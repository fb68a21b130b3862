using HyperSpector.Api.Messages;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Cli.Exec;

/// <summary>
/// The OCI runtime's <c>exec</c>. No process of a VM ever gets a descriptor of the administrator's terminal: a hostile one would
/// type into it (TIOCSTI) or open it again through <c>/proc/self/fd</c>. Without a terminal the runtime gets pipes of ours; with
/// one, the runtime itself copies between the terminal and a pseudo-terminal that it makes inside the VM.
/// </summary>
internal sealed class RuntimeCall(ExecTarget target, Interrupts interrupts)
{
    private const int SIGINT = 2;

    /// <summary>Runs a command to its end.</summary>
    internal RuntimeOutcome Run(ExecRequest request, VmUser? user)
    {
        // Only what we mean to hand on is handed on.
        StandardDescriptors.KeepOthersFromChildren();
        using var log = new RuntimeLog();
        var arguments = Arguments(request, user, log.Path);
        var (status, complaint) = request.Terminal ? OnTerminal(arguments) : OnPipes(request, arguments);
        return new RuntimeOutcome(status, status.Succeeded ? null : log.Error(), complaint);
    }

    private List<string> Arguments(ExecRequest request, VmUser? user, string log)
    {
        List<string> arguments = ["--root", target.Root, "--log", log, "--log-format", "json", "exec"];
        if (request.Terminal)
            arguments.Add("--tty");
        if (request.WorkingDirectory is { } directory)
            arguments.AddRange(["--cwd", directory]);
        if (user is not null)
        {
            arguments.AddRange(["--user", user.UidAndGid]);
            arguments.AddRange(user.Groups.SelectMany(g => (string[])["--additional-gids", g]));
        }

        if (request.Terminal && TerminalType() is { } type && !request.Variables.Any(v => v.StartsWith("TERM=", StringComparison.Ordinal)))
            arguments.AddRange(["--env", $"TERM={type}"]);
        arguments.AddRange(request.Variables.SelectMany(v => (string[])["--env", v]));
        // The runtime takes what follows the id as it is.
        return [.. arguments, target.ContainerId, .. request.Command];
    }

    private (ExitStatus Status, byte[] Complaint) OnPipes(ExecRequest request, List<string> arguments)
    {
        var (inRead, inWrite) = Pipe.Create();
        var (outRead, outWrite) = Pipe.Create();
        var (errRead, errWrite) = Pipe.Create();
        ChildProcess child;
        using (inRead)
        using (outWrite)
        using (errWrite)
        {
            child = Spawn.Start(new SpawnRequest
            {
                Program = target.Runtime,
                Arguments = arguments,
                Descriptors = [(0, inRead), (1, outWrite), (2, errWrite)],
                // Away from our terminal: its signals come through us, once.
                NewSession = true,
            });
        }

        using (child)
        {
            interrupts.Forward = signal => child.PidFd.Signal(signal);
            Relay.StartInput(request.NoInput ? null : StandardDescriptors.TryCopy(0), inWrite);
            var output = Relay.StartOutput(outRead, 1, child.PidFd);
            var errors = new ErrorRelay(errRead, child.PidFd);
            _ = child.PidFd.WaitForEnd(Timeout.InfiniteTimeSpan);
            output.Join();
            var complaint = errors.Join();
            interrupts.Forward = null;
            return (child.Wait(Timeout.InfiniteTimeSpan)!.Value, complaint);
        }
    }

    private (ExitStatus Status, byte[] Complaint) OnTerminal(List<string> arguments)
    {
        using var terminal = StandardDescriptors.TryCopy(0);
        // The runtime puts the terminal into raw mode and back; if it is killed, we put it back.
        var settings = terminal is null ? null : TerminalDevice.Settings(terminal);
        // On a terminal the command's output is all on one stream; the runtime's standard error carries its own complaints only.
        var (errRead, errWrite) = Pipe.Create();
        ChildProcess child;
        using (errWrite)
            child = Spawn.Start(new SpawnRequest { Program = target.Runtime, Arguments = arguments, Descriptors = [(2, errWrite)] });
        using (child)
        {
            // SIGINT comes from the terminal, to the runtime as well as to us.
            interrupts.Forward = signal => _ = signal != SIGINT && child.PidFd.Signal(signal);
            var errors = new ErrorRelay(errRead, child.PidFd);
            _ = child.PidFd.WaitForEnd(Timeout.InfiniteTimeSpan);
            var complaint = errors.Join();
            interrupts.Forward = null;
            if (terminal is not null && settings is not null)
                TerminalDevice.Restore(terminal, settings);
            return (child.Wait(Timeout.InfiniteTimeSpan)!.Value, complaint);
        }
    }

    private static string? TerminalType()
    {
        var type = System.Environment.GetEnvironmentVariable("TERM");
        return type is { Length: > 0 and < 64 } && type.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '+' or '.' or '_') ? type : null;
    }
}

/// <summary>How a command, or the attempt to run it, ended.</summary>
/// <param name="Status">Of the runtime, which ends as the command did.</param>
/// <param name="Error">The runtime's own failure; null when the command ran.</param>
/// <param name="HeldBack">What was held back of standard error because it looked like the runtime's complaint.</param>
internal sealed record RuntimeOutcome(ExitStatus Status, string? Error, byte[] HeldBack);
