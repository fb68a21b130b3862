using System.CommandLine;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;
using HyperSpector.Linux;

namespace HyperSpector.Cli;

/// <summary>From arguments to an exit code; every failure becomes one line on standard error.</summary>
internal static class CommandLine
{
    internal static async Task<int> RunAsync(IReadOnlyList<string> arguments, Screen screen)
    {
        using var interrupts = new Interrupts();
        var root = CommandTree.Create(new CliContext(screen, interrupts));
        // No response files: an argument that begins with @ is an argument.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            if (UsageErrors.Find(parsed) is { } problem)
                throw new CliException(problem, ExitCodes.Usage);
            var writer = new StringWriter();
            var invocation = new InvocationConfiguration
            {
                // Help and completions; written below, at once.
                Output = writer,
                Error = writer,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            var code = await parsed.InvokeAsync(invocation, interrupts.Token);
            screen.Own(writer.ToString());
            screen.Flush();
            return code;
        }
        catch (OperationCanceledException) when (interrupts.Signal != 0)
        {
            return 128 + interrupts.Signal;
        }
        catch (KernelException error) when (error is { Call: "write", Errno: Errno.EPIPE })
        {
            // Whoever read our output has seen enough.
            return ExitCodes.BrokenPipe;
        }
        catch (CliException error)
        {
            screen.Fail(error.Message);
            return error.ExitCode;
        }
        catch (UnauthorizedAccessException error)
        {
            screen.Fail(System.Environment.IsPrivilegedProcess ? error.Message : $"{error.Message} It takes root; try it with sudo");
            return ExitCodes.Failed;
        }
        catch (IOException error)
        {
            screen.Fail(error.Message);
            return ExitCodes.Failed;
        }
#pragma warning disable CA1031 // the border of the program: what nobody foresaw is told, with what it takes to mend it
        catch (Exception error)
#pragma warning restore CA1031
        {
            screen.Fail($"this is a bug; please report it with the following lines: {error.GetType().Name}: {error.Message}");
            foreach (var line in error.ToString().Split('\n'))
                screen.Remark(line);
            return ExitCodes.Failed;
        }
    }
}
