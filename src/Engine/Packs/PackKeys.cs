using System.Text.RegularExpressions;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Packs;

/// <summary>The keys of <c>pack.yaml</c>.</summary>
internal static partial class PackKeys
{
    internal static readonly IReadOnlyList<Key<PackDraft>> Pack =
    [
        new("description", "One sentence for people.", """{"type":"string"}""",
            (d, n) => d.Description = Values.Text(d.File, n, "description") ?? ""),
        new("apt", "Software of the distribution.", """{"$ref":"#/definitions/apt"}""",
            (d, n) => d.Apt = AptOf(d, n)),
        new("files", "Files and directories of the pack's files/ and where they go inside the VM.",
            """{"type":"object","additionalProperties":{"type":"string","pattern":"^/"}}""",
            (d, n) => d.Files = PackFileReader.Read(d, n)),
        new("run", "The command lines to keep running, by a name for logs; leave it out for a pack that only brings tools.",
            $$$"""{"type":"object","propertyNames":{"pattern":"{{{Names.Pattern}}}"},"additionalProperties":{{{CommandLine.Schema}}}}""",
            (d, n) => d.Run = Commands(d, n)),
        new("schedule", "Commands that run at intervals, by a name for logs; the first time soon after the VM's start, and never twice at a time.",
            $$$"""{"type":"object","propertyNames":{"pattern":"{{{Names.Pattern}}}"},"additionalProperties":{"$ref":"#/definitions/task"}}""",
            (d, n) => d.Schedule = PackScheduleReader.Read(d, n)),
        new("outputs", "Files that the IDS writes and whose records become events.",
            """{"type":"array","items":{"$ref":"#/definitions/output"}}""",
            (d, n) => d.Outputs = PackOutputReader.Read(d, n)),
        new("net_admin", "It needs CAP_NET_ADMIN over its own network namespace.", """{"type":"boolean"}""",
            (d, n) => d.NetAdmin = Values.Bool(d.File, n, "net_admin") ?? false),
        new("options", "What a user may set, with its default; stands as ${name} in run and in files.",
            $$$"""{"type":"object","propertyNames":{"pattern":"{{{Names.OptionPattern}}}"},"additionalProperties":{"type":["string","number","boolean"]}}""",
            (d, n) => d.Options = PackOptions.Read(d.File, n)),
    ];

    internal static readonly IReadOnlyList<Key<AptDraft>> Apt =
    [
        new("packages", "Their names; what they recommend is not installed.",
            """{"type":"array","minItems":1,"items":{"type":"string","pattern":"^[a-z0-9][a-z0-9+.-]+$"}}""",
            (d, n) => d.Packages = Packages(d.File, n)),
        new("suite", "A further suite of the same mirror, e.g. bookworm-backports.",
            """{"type":"string","pattern":"^[a-z0-9][a-z0-9.-]*$"}""",
            (d, n) => d.Suite = Suite(d.File, n)),
    ];

    private static AptSpec? AptOf(PackDraft pack, Node node)
    {
        var draft = new AptDraft(pack.File);
        if (!Section.Read(pack.File, node, "apt", Apt, draft))
            return null;
        if (draft.Packages is null)
            pack.File.Report(node, "apt: needs 'packages'");
        return new AptSpec(draft.Packages ?? [], draft.Suite);
    }

    private static List<string> Packages(SourceFile file, Node node)
    {
        var packages = new List<string>();
        foreach (var item in Values.List(file, node, "packages") ?? [])
        {
            // Also keeps options ("-o Dpkg::…") and other forms that apt understands away from apt's command line.
            if (Values.Text(file, item, "packages") is { } name && !PackageName().IsMatch(name))
                file.Report(item, $"packages: {Quoted.Text(name)} is not a package's name");
            else if (item is TextNode text)
                packages.Add(text.Value);
        }

        if (node is ListNode { Items.Count: 0 })
            file.Report(node, "packages: the list is empty; leave 'apt' out");
        return packages;
    }

    private static string? Suite(SourceFile file, Node node)
    {
        if (Values.Text(file, node, "suite") is not { } suite || SuiteName().IsMatch(suite))
            return (node as TextNode)?.Value;
        file.Report(node, $"suite: {Quoted.Text(suite)} is not a suite's name; write e.g. bookworm-backports");
        return null;
    }

    private static List<PackCommand> Commands(PackDraft pack, Node node)
    {
        var commands = new List<PackCommand>();
        foreach (var (name, value) in Values.Map(pack.File, node, "run")?.Entries ?? [])
        {
            // What else is wrong with it would be told by that name.
            if (!Names.Check(pack.File, name, "command"))
                continue;
            if (Program(pack.File, value, $"run: {name.Value}") is not { } arguments)
                continue;
            commands.Add(new PackCommand(name.Value, arguments));
            pack.CommandPlaces.Add(value);
        }

        return commands;
    }

    /// <summary>A command line whose program is an absolute path.</summary>
    internal static IReadOnlyList<string>? Program(SourceFile file, Node node, string what)
    {
        if (CommandLine.Read(file, node, what) is not { } arguments)
            return null;
        if (arguments[0][0] != '/')
            file.Report(node, $"{what}: program {Quoted.Text(arguments[0])} must be an absolute path inside the VM");
        return arguments;
    }

    // Debian Policy 5.6.1: at least two characters of these, the first a letter or digit.
    [GeneratedRegex(@"^[a-z0-9][a-z0-9+.-]{1,99}\z")]
    private static partial Regex PackageName();

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.-]{0,63}\z")]
    private static partial Regex SuiteName();
}
