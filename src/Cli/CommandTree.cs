using System.CommandLine;
using System.CommandLine.Help;
using HyperSpector.Cli.Commands;

namespace HyperSpector.Cli;

/// <summary>All commands; what they are called is binding (design §9).</summary>
internal static class CommandTree
{
    internal static RootCommand Create(CliContext context)
    {
        var root = new RootCommand("Distributed intrusion detection systems in virtual machines that attackers cannot reach");
        root.Options.Clear();
        root.Add(new HelpOption("--help", "-h") { Description = "Show this help" });
        root.Add(new Usage.VersionOption(context.Screen));
        root.Add(context.Global.Host);
        root.Add(context.Global.Prefix);
        foreach (var command in (Command[])
        [
            UpCommand.Create(context),
            DownCommand.Create(context),
            PsCommand.Create(context),
            ExecCommand.Create(context),
            LogsCommand.Create(context),
            AlertsCommand.Create(context),
            ChangesCommand.Create(context),
            StatusCommand.Create(context),
            TopCommand.Create(context),
            DoctorCommand.Create(context),
            IntegrityCommand.Create(context),
            ConfigCommand.Create(context),
            PackCommand.Create(context),
            VersionCommand.Create(context),
            CompletionCommand.Create(context),
        ])
            root.Add(command);
        root.Add(DocsCommand.Create(context, root));
        return root;
    }
}
