using System.CommandLine;
using HyperSpector.Cli.Usage;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector docs cli</c>, hidden: the reference in docs/cli.md, made from what the program really accepts.</summary>
internal static class DocsCommand
{
    internal static Command Create(CliContext context, RootCommand root)
    {
        var cli = new Command("cli", "Print docs/cli.md");
        cli.SetAction(_ => context.Screen.Own(Reference.Of(root)));
        return new Command("docs", "Print reference documentation") { Hidden = true, Subcommands = { cli } };
    }
}
