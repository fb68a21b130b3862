using System.CommandLine;
using HyperSpector.Cli.Usage;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector completion</c>: a script for the user's shell.</summary>
internal static class CompletionCommand
{
    internal static Command Create(CliContext context)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.CompletionSources.Add([.. CompletionScripts.All.Keys]);
        shell.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !CompletionScripts.All.ContainsKey(result.Tokens[0].Value))
                result.AddError($"no completion for '{result.Tokens[0].Value}'; there is one for bash, zsh and fish");
        });
        var command = new Command("completion", "Print a script that completes commands, options and VM names; source it in your shell")
        {
            shell,
        };
        command.SetAction(parsed => context.Screen.Own(CompletionScripts.All[parsed.GetRequiredValue(shell)]));
        return command;
    }
}
