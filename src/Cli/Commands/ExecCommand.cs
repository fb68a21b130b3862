using System.CommandLine;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Exec;
using HyperSpector.Cli.Usage;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector exec</c>: a command in a VM, with the command's own exit code.</summary>
internal static class ExecCommand
{
    // As a shell tells it.
    private const int CannotRun = 126;
    private const int NotFound = 127;

    internal static Command Create(CliContext context)
    {
        var name = new Argument<string>("NAME") { Description = "A server VM, or an environment: its IDS VM on this host" };
        name.CompletionSources.Add(completion => MachineNames.Complete(context, completion));
        var words = new Argument<string[]>("COMMAND") { Arity = ArgumentArity.OneOrMore, Description = "The program and its arguments, after '--'" };
        var options = new ExecOptions();
        var command = new Command("exec", "Run a command in a VM; ends with the command's exit code") { name, words };
        options.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var request = options.Read(parsed, parsed.GetRequiredValue(name), parsed.GetRequiredValue(words));
            return RunAsync(context, parsed, request, cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        CliContext context, ParseResult parsed, ExecRequest request, CancellationToken cancellation)
    {
        var target = await TargetAsync(context, parsed, request.Machine, cancellation);
        var user = request.User is { } named ? VmUser.Resolve(target, request.Machine, named) : null;
        var outcome = new RuntimeCall(target, context.Interrupts).Run(request, user);
        if (outcome.Error is { } error)
        {
            context.Screen.Fail($"{request.Machine}: {Short(error)}");
            return CodeOf(error);
        }

        using var sink = new Sink(2);
        _ = sink.Write(outcome.HeldBack);
        return outcome.Status.ShellCode;
    }

    private static async Task<ExecTarget> TargetAsync(
        CliContext context, ParseResult parsed, string machine, CancellationToken cancellation)
    {
        using var client = new DaemonClient(context.Global.Paths(parsed));
        try
        {
            return await client.GetAsync(
                $"{Routes.Exec}?machine={Uri.EscapeDataString(machine)}", ApiJson.Default.ExecTarget, cancellation);
        }
        catch (RefusedException refused)
        {
            throw await UnknownMachine.ExplainAsync(client, machine, refused, cancellation);
        }
    }

    private static string Short(string error)
    {
        foreach (var prefix in (string[])["exec failed: ", "unable to start container process: "])
        {
            if (error.StartsWith(prefix, StringComparison.Ordinal))
                error = error[prefix.Length..];
        }

        return error;
    }

    private static int CodeOf(string error)
    {
        if (error.Contains("executable file not found", StringComparison.Ordinal)
            || error.Contains("no such file or directory", StringComparison.Ordinal))
            return NotFound;
        return error.Contains("permission denied", StringComparison.Ordinal) ? CannotRun : ExitCodes.Failed;
    }
}

/// <summary>The options of <c>exec</c>.</summary>
internal sealed class ExecOptions
{
    private readonly Option<bool> _terminal = new("--tty", "-t")
    {
        Description = "On a terminal of its own (default when standard input and output are terminals)",
    };

    private readonly Option<bool> _noTerminal = new("--no-tty", "-T")
    {
        Description = "On pipes; what it prints to a terminal has its control characters escaped",
    };

    private readonly Option<bool> _interactive = new("--interactive", "-i") { Description = "Pass standard input on (the default)" };

    private readonly Option<bool> _noInput = new("--no-stdin", "-n") { Description = "Its standard input is empty: for use in loops" };

    private readonly Option<string?> _user = new("--user", "-u") { HelpName = "USER", Description = "As this user of the VM, name or number, [:group]" };

    private readonly Option<string?> _directory = new("--workdir", "-w") { HelpName = "DIR", Description = "In this directory of the VM" };

    private readonly Option<string[]> _variables = new("--env", "-e") { HelpName = "K=V", Description = "Set an environment variable (repeatable)" };

    internal ExecOptions()
    {
        _user.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } user && !VmUser.IsWellFormed(user))
                result.AddError($"--user '{user}' {VmUser.Rule}");
        });
        _directory.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } directory && !directory.StartsWith('/'))
                result.AddError($"--workdir '{directory}' must be an absolute path inside the VM");
        });
        _variables.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(t => t.Value.IndexOf('=', StringComparison.Ordinal) <= 0) is { } wrong)
                result.AddError($"--env '{wrong.Value}' must have the form NAME=value");
        });
    }

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[_terminal, _noTerminal, _interactive, _noInput, _user, _directory, _variables])
            command.Add(option);
        command.Validators.Add(result =>
        {
            Exclude(_terminal, _noTerminal);
            Exclude(_interactive, _noInput);

            void Exclude(Option<bool> one, Option<bool> other)
            {
                if (result.GetValue(one) && result.GetValue(other))
                    result.AddError($"{one.Name} and {other.Name} exclude each other");
            }
        });
    }

    internal ExecRequest Read(ParseResult parsed, string machine, IReadOnlyList<string> command)
    {
        using var input = StandardDescriptors.TryCopy(0);
        using var output = StandardDescriptors.TryCopy(1);
        var fromTerminal = input is not null && TerminalDevice.Is(input);
        if (parsed.GetValue(_terminal) && !fromTerminal)
            throw new CliException("--tty needs a terminal as standard input; leave it out", ExitCodes.Usage);
        var both = fromTerminal && output is not null && TerminalDevice.Is(output) && !parsed.GetValue(_noInput);
        return new ExecRequest(
            machine,
            command,
            Terminal: !parsed.GetValue(_noTerminal) && (parsed.GetValue(_terminal) || both),
            NoInput: parsed.GetValue(_noInput),
            parsed.GetValue(_user),
            parsed.GetValue(_directory),
            parsed.GetValue(_variables) ?? []);
    }
}
