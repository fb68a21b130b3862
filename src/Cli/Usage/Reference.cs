using System.CommandLine;
using System.CommandLine.Help;
using System.Text;

namespace HyperSpector.Cli.Usage;

/// <summary>The commands as a page of documentation.</summary>
internal static class Reference
{
    private const string Preamble = """
        # The command line

        Made by `hyperspector docs cli` from the program's own definitions; a test keeps this page current.

        Exit codes: **0** done; **1** failed; **2** wrong usage or configuration; **3** done, and it found something (`doctor`:
        something required is missing; `changes --exit-code`: something differs). `exec` ends with the command's own exit code: 128 + N when signal N ended it, 127 when
        there is no such program in the VM, 126 when it cannot be run. Ctrl-C: 130, but 0 for `top` and `status --watch`,
        which end no other way.

        With `--json` a command prints one JSON object; streams (`up`, `down`, `logs`, `alerts`, `changes`, `top`, `pack build`) print one object a
        line. Without it everything is text for people: control and invisible characters that a VM or an IDS wrote appear as
        `\xNN` or `\u{…}`, whatever they were meant to do to the terminal. Failures are one line on standard error.

        Environment: `HYPERSPECTOR_HOST` as `--host`; `HYPERSPECTOR_CACHE` where pack layers are kept
        (`/var/cache/hyperspector`); `NO_COLOR` for plain lines.

        Standard input reaches an `exec`ed command as in ssh; in a loop that reads lines, use `-n`. No process of a VM ever gets a
        descriptor of your terminal: without `-t` it talks to pipes, with `-t` to a pseudo-terminal inside the VM. As in ssh, a
        program on such a terminal owns your screen while it runs: escaping is for `-T`.

        """;

    /// <summary>What stands before the commands, without heading and without a word about this page.</summary>
    internal static IEnumerable<string> Introduction => Preamble.Trim().Split("\n\n").Skip(2);

    internal static string Of(RootCommand root)
    {
        var page = new StringBuilder(Preamble);
        Section(page, "Options of every command");
        Rows(page, [.. root.Options.Where(o => !o.Hidden).Select(Row)]);
        foreach (var (path, command) in Commands(root))
            Append(page, path, command);
        return page.ToString();
    }

    /// <summary>Every command that does something, with its words, in the order of the help.</summary>
    internal static IEnumerable<(string Path, Command Command)> Commands(Command root, string path = "hyperspector") =>
        root.Subcommands.Where(c => !c.Hidden).SelectMany(c => c.Subcommands.Count > 0
            ? Commands(c, $"{path} {c.Name}")
            : [($"{path} {c.Name}", c)]);

    private static void Append(StringBuilder page, string path, Command command)
    {
        Section(page, path);
        var options = command.Options.Where(o => !o.Hidden && o is not HelpOption).ToList();
        _ = page.Append("\n    ").Append(Usage(path, command)).Append('\n')
            .Append('\n').Append(command.Description).Append(".\n");
        Rows(page, [.. command.Arguments.Select(a => (a.Name, a.Description ?? "")), .. options.Select(Row)]);
    }

    internal static string Usage(string path, Command command)
    {
        var options = command.Options.Any(o => !o.Hidden && o is not HelpOption);
        return string.Join(' ', [path, .. options ? ["[OPTIONS]"] : (string[])[], .. command.Arguments.Select(Synopsis)]);
    }

    private static void Section(StringBuilder page, string title) => page.Append("\n## ").Append(title).Append('\n');

    private static void Rows(StringBuilder page, IReadOnlyList<(string Term, string Text)> rows)
    {
        if (rows.Count == 0)
            return;
        _ = page.Append("\n| | |\n|---|---|\n");
        foreach (var (term, text) in rows)
            _ = page.Append("| `").Append(term.Replace("|", "\\|", StringComparison.Ordinal)).Append("` | ").Append(text).Append(" |\n");
    }

    private static string Synopsis(Argument argument)
    {
        var name = argument.Arity.MaximumNumberOfValues > 1 ? argument.Name + "…" : argument.Name;
        if (argument.Arity.MinimumNumberOfValues == 0)
            name = $"[{name}]";
        return argument.Name == "COMMAND" ? $"-- {name}" : name;
    }

    internal static (string Term, string Text) Row(Option option)
    {
        var names = string.Join(", ", option.Aliases.Prepend(option.Name).OrderBy(n => n.Length));
        return (option.HelpName is { } value ? $"{names} {value}" : names, option.Description ?? "");
    }
}
