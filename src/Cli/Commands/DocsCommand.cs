using System.CommandLine;
using HyperSpector.Cli.Usage;

namespace HyperSpector.Cli.Commands;

/// <summary>
/// <c>hyperspector docs cli</c> and <c>docs man</c>, hidden: the reference in docs/cli.md and the manual pages, made from what the program
/// really accepts.
/// </summary>
internal static class DocsCommand
{
    internal static Command Create(CliContext context, RootCommand root)
    {
        var cli = new Command("cli", "Print docs/cli.md");
        cli.SetAction(_ => context.Screen.Own(Reference.Of(root)));
        var page = new Argument<string>("PAGE") { DefaultValueFactory = _ => "hyperspector", Description = "hyperspector or hyperspector.yaml" };
        _ = page.AcceptOnlyFromAmong("hyperspector", "hyperspector.yaml");
        var man = new Command("man", "Print a manual page") { page };
        man.SetAction(parsed => context.Screen.Own(parsed.GetValue(page) == "hyperspector" ? CommandManual.Of(root) : FileManual.Of()));
        return new Command("docs", "Print reference documentation") { Hidden = true, Subcommands = { cli, man } };
    }
}
