using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Cli.Usage;

/// <summary>What is wrong with a command line, in one line: the first thing only, for the rest often follows from it.</summary>
internal static class UsageErrors
{
    /// <summary>Null when the command line is understood.</summary>
    internal static string? Find(ParseResult parsed)
    {
        // What is asked of us instead is answered whatever else is wrong.
        if (parsed.Action is HelpAction or VersionOption.Print || parsed.RootCommandResult.Children.Any(c => c is DirectiveResult { Directive: SuggestDirective }))
            return null;
        var command = parsed.CommandResult.Command;
        var problem = UnknownOption(parsed, command) ?? Problem(parsed, command);
        return problem is null ? null : $"{problem}{(problem.EndsWith('?') ? " See" : "; see")} '{PathOf(parsed.CommandResult)} --help'";
    }

    // System.CommandLine takes an unknown option for an argument where one is wanted.
    private static string? UnknownOption(ParseResult parsed, Command command)
    {
        var before = parsed.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash);
        var unknown = before.FirstOrDefault(t => t.Type == TokenType.Argument && t.Value.Length > 1 && t.Value[0] == '-');
        if (unknown is null)
            return null;
        if (command.Name == "exec" && !parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash) && ExecHint(parsed, unknown) is { } hint)
            return hint;
        var options = Ancestors(parsed.CommandResult).SelectMany(c => c.Command.Options.Where(o => c.Command == command || o.Recursive))
            .Where(o => !o.Hidden).SelectMany(o => o.Aliases.Append(o.Name)).Where(a => a.Length > 2);
        return $"unknown option '{unknown.Value}'{Nearest.Suggest(unknown.Value, options)}";
    }

    // Only what the user cannot have meant for us: an option after the program's name.
    private static string? ExecHint(ParseResult parsed, Token unknown)
    {
        var words = parsed.Tokens.Where(t => t.Type == TokenType.Argument).TakeWhile(t => !ReferenceEquals(t, unknown)).ToList();
        return words.Count < 2
            ? null
            : $"write '--' before the command, as in 'hyperspector exec {words[0].Value} -- {words[1].Value} {unknown.Value}'";
    }

    private static string? Problem(ParseResult parsed, Command command)
    {
        if (parsed.Errors.Count == 0)
            return null;
        if (parsed.UnmatchedTokens.Count > 0)
        {
            var word = parsed.UnmatchedTokens[0];
            return command.Subcommands.Count > 0
                ? $"unknown command '{word}'{Nearest.Suggest(word, command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))}"
                : $"unexpected argument '{word}'";
        }

        if (parsed.Errors.FirstOrDefault(e => e.SymbolResult is OptionResult) is { SymbolResult: OptionResult option } wrong)
            return OptionProblem(option, wrong.Message);
        if (command.Subcommands.Count > 0)
            return "a command is missing";
        var missing = command.Arguments.FirstOrDefault(a =>
            a.Arity.MinimumNumberOfValues > 0 && (parsed.GetResult(a)?.Tokens.Count ?? 0) < a.Arity.MinimumNumberOfValues);
        return missing is not null ? $"{missing.Name} is missing" : parsed.Errors[0].Message.TrimEnd('.');
    }

    private static string OptionProblem(OptionResult result, string message)
    {
        var name = result.Option.Name;
        if (result.Tokens.Count == 0 && result.Option.Arity.MinimumNumberOfValues > 0)
            return $"option '{name}' needs a value";
        return result.IdentifierTokenCount > 1 && result.Option.Arity.MaximumNumberOfValues == 1
            ? $"option '{name}' is given {result.IdentifierTokenCount} times"
            : message.TrimEnd('.');
    }

    private static string PathOf(CommandResult result) =>
        string.Join(' ', Ancestors(result).Reverse().Select(r => r.Command is RootCommand ? "hyperspector" : r.Command.Name));

    private static IEnumerable<CommandResult> Ancestors(CommandResult result)
    {
        for (var r = result; r is not null; r = r.Parent as CommandResult)
            yield return r;
    }
}
