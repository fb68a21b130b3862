using System.CommandLine;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Packs;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector pack</c>: which packs there are, and having them ready before they are needed.</summary>
internal static class PackCommand
{
    internal static Command Create(CliContext context) =>
        new("pack", "Work with packs: ready profiles of IDSes") { CreateList(context), CreateBuild(context) };

    private static Command CreateList(CliContext context)
    {
        var json = CommonOptions.Json("Print one JSON object");
        var list = new Command("list", "List the packs that a file in this directory can name") { json };
        list.SetAction(parsed =>
        {
            var packs = All();
            if (parsed.GetValue(json))
            {
                context.Screen.Json(new PackList(packs), CliJson.Default.PackList);
            }
            else if (packs.Count == 0)
            {
                context.Screen.Line($"no packs; they are looked for in {string.Join(", ", Directories())}");
            }
            else
            {
                context.Screen.Table(["PACK", "DESCRIPTION", "DIRECTORY"], packs.Select(p => (IReadOnlyList<Cell>)
                    [new Cell(p.Name, Tone.Heading), p.Problem is { } problem ? new Cell(problem, Tone.Bad) : p.Description, p.Directory]));
            }

            return ExitCodes.Done;
        });
        return list;
    }

    private static Command CreateBuild(CliContext context)
    {
        var names = new Argument<string[]>("NAME") { Arity = ArgumentArity.OneOrMore, Description = "Packs that one IDS VM will use together" };
        names.CompletionSources.Add(_ => All().Select(p => p.Name));
        var machine = new Option<string?>("--base")
        {
            HelpName = "host|DIR",
            Description = "The base of the IDS VM that will use them (default: host)",
        };
        var json = CommonOptions.Json("Print each step as a line of JSON");
        var build = new Command("build", "Fetch packs into the cache ahead of 'up'") { names, machine, json };
        build.SetAction((parsed, cancellation) =>
        {
            var request = new PackBuildRequest([.. parsed.GetRequiredValue(names).Select(Load)], Base(parsed.GetValue(machine)));
            return BuildAsync(context, parsed, request, parsed.GetValue(json), cancellation);
        });
        return build;
    }

    private static async Task<int> BuildAsync(
        CliContext context, ParseResult parsed, PackBuildRequest request, bool json, CancellationToken cancellation)
    {
        var paths = context.Global.Paths(parsed);
        using var client = new DaemonClient(paths);
        var start = new DaemonStart(paths, context.Global.PrefixArgument(parsed));
        await start.WithDaemonAsync(client, context.Screen.Remark, () => Progress.ShowAsync(context.Screen, json, "pack build", client.ObjectsAsync(
            HttpMethod.Post,
            Routes.Packs,
            DaemonClient.Body(request, ApiJson.Default.PackBuildRequest),
            ApiJson.Default.ProgressLine,
            cancellation)), cancellation);
        return ExitCodes.Done;
    }

    private static BaseSpec Base(string? text)
    {
        if (text is null or "host")
            return new BaseSpec { Host = true };
        return Directory.Exists(text)
            ? new BaseSpec { Directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(text)) }
            : throw new CliException($"--base: '{text}' is neither 'host' nor a directory", ExitCodes.Usage);
    }

    private static PackSpec Load(string name)
    {
        if (Directories().LastOrDefault(d => File.Exists(Path.Join(d, name, PackLoader.FileName))) is not { } directory)
            throw new CliException($"there is no pack '{name}'{Nearest.Suggest(name, All().Select(p => p.Name))}", ExitCodes.Usage);
        var result = PackLoader.Load(Path.Join(directory, name));
        return result.Pack ?? throw new CliException(result.Problems[0].ToString(), ExitCodes.Usage);
    }

    private static IReadOnlyList<string> Directories() => [.. SiteFile.PackDirectories, Path.GetFullPath("packs")];

    private static List<PackEntry> All() =>
    [
        .. Directories().Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories)
            .Where(p => File.Exists(Path.Join(p, PackLoader.FileName)))
            // Of two with one name the later wins, as when a file is loaded.
            .GroupBy(p => Path.GetFileName(p)).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => Entry(g.Last())),
    ];

    private static PackEntry Entry(string directory)
    {
        var result = PackLoader.Load(directory);
        var problem = result.Problems.Count == 0 ? null : result.Problems[0].ToString();
        return new PackEntry(Path.GetFileName(directory), result.Pack?.Description ?? "", directory, problem);
    }
}
