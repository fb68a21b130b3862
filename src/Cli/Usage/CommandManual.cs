using System.CommandLine;
using System.CommandLine.Help;

namespace HyperSpector.Cli.Usage;

/// <summary>hyperspector(1): every command and option, from the definitions that the parser works by.</summary>
internal static class CommandManual
{
    private static readonly (string Path, string Text)[] Files =
    [
        ("hyperspector.yaml", "What to bring up; see hyperspector.yaml(5)."),
        ("/etc/hyperspector/packs", "Packs of this machine's own."),
        ("/usr/lib/hyperspector", "Programs, policies and the packs that come along."),
        ("/var/lib/hyperspector", "What was brought up, what VMs have written, events and logs."),
        ("/var/cache/hyperspector", "Layers of packs and bases; made again when they are missing."),
        ("/run/hyperspector", "Sockets and mount points of what runs."),
    ];

    internal static string Of(RootCommand root)
    {
        var page = new Roff("hyperspector", 1, root.Description!.ToLowerInvariant());
        page.Section("SYNOPSIS");
        page.Paragraph("**hyperspector** [OPTIONS] COMMAND");
        page.Section("DESCRIPTION");
        foreach (var paragraph in Reference.Introduction)
            page.Paragraph(paragraph);
        page.Section("OPTIONS");
        foreach (var option in root.Options.Where(o => !o.Hidden))
            Item(page, Reference.Row(option));
        page.Section("COMMANDS");
        foreach (var (path, command) in Reference.Commands(root))
            Append(page, path, command);
        page.Section("FILES");
        foreach (var (path, text) in Files)
            page.Item(path, text);
        page.Section("SEE ALSO");
        page.Paragraph("**hyperspector.yaml**(5), **runc**(8), **nft**(8), **tc-bpf**(8)");
        return page.ToString();
    }

    private static void Append(Roff page, string path, Command command)
    {
        page.Part(Reference.Usage(path, command));
        page.Paragraph($"{command.Description}.");
        foreach (var argument in command.Arguments)
            page.Item(argument.Name, argument.Description ?? "");
        foreach (var option in command.Options.Where(o => !o.Hidden && o is not HelpOption))
            Item(page, Reference.Row(option));
    }

    private static void Item(Roff page, (string Term, string Text) row) => page.Item(row.Term, row.Text);
}
