using System.CommandLine;
using System.Text.RegularExpressions;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Plans;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector integrity</c>: who says that a server's files are as they should be.</summary>
internal static partial class IntegrityCommand
{
    // A thousand files, with what of them differs.
    private const int MostLines = 10_000;

    // All of a server's files are read.
    private static readonly TimeSpan s_limit = TimeSpan.FromHours(6);

    internal static Command Create(CliContext context) =>
        new("integrity", "Accept what a server's files are, and see who accepted what") { CreateAccept(context), CreateHistory(context) };

    private static Command CreateAccept(CliContext context)
    {
        var (environment, server) = Subject(context);
        var reason = new Option<string?>("--reason") { HelpName = "TEXT", Description = "Why: what was changed, and on whose behalf" };
        var by = new Option<string?>("--by") { HelpName = "NAME", Description = "Who accepts it (default: you)" };
        var only = new Option<bool>("--dry-run") { Description = "Show what would be accepted, and accept nothing" };
        var json = CommonOptions.Json("Print one JSON object");
        var accept = new Command("accept", "Record a server's files as they are now, show what differs, and sign that this is right")
        {
            environment, server, reason, by, only, json,
        };
        accept.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(reason) is null && !parsed.GetValue(only))
                throw new CliException("say why, by --reason TEXT; --dry-run shows what would be accepted", ExitCodes.Usage);
            using var client = new DaemonClient(context.Global.Paths(parsed));
            var name = parsed.GetRequiredValue(environment);
            var watched = await ServerAsync(client, name, parsed.GetValue(server), cancellation);
            // Asked first, so that nothing is recorded that nobody can accept.
            _ = await HistoryAsync(client, name, watched, cancellation);
            context.Screen.Remark($"{watched}: all files that the policy names are read …");
            var root = Record(context, parsed, name, watched);
            if (parsed.GetValue(only))
            {
                context.Screen.Remark($"{watched}: nothing was accepted");
                return ExitCodes.Done;
            }

            var request = new AcceptanceRequest(name, watched, root, parsed.GetValue(by) ?? Me(), parsed.GetValue(reason)!);
            var made = await client.PostAsync(
                Routes.Acceptances, DaemonClient.Body(request, ApiJson.Default.AcceptanceRequest), ApiJson.Default.IReadOnlyListAcceptanceRecord, cancellation);
            if (parsed.GetValue(json))
                context.Screen.Json(made.Single(), ApiJson.Default.AcceptanceRecord);
            else
                context.Screen.Line($"{watched}: accepted as number {made.Single().Number}; digest {root}");
            return ExitCodes.Done;
        });
        return accept;
    }

    private static Command CreateHistory(CliContext context)
    {
        var (environment, server) = Subject(context);
        var json = CommonOptions.Json("Print one JSON object");
        var history = new Command("history", "List who accepted a server's files, when and why") { environment, server, json };
        history.SetAction(async (parsed, cancellation) =>
        {
            using var client = new DaemonClient(context.Global.Paths(parsed));
            var name = parsed.GetRequiredValue(environment);
            var watched = await ServerAsync(client, name, parsed.GetValue(server), cancellation);
            var entries = await HistoryAsync(client, name, watched, cancellation);
            if (parsed.GetValue(json))
                context.Screen.Json(entries, ApiJson.Default.IReadOnlyListAcceptanceRecord);
            else if (entries.Count == 0)
                context.Screen.Line($"{watched}: nothing was accepted yet; 'hyperspector integrity accept {name} --reason TEXT' does");
            else
                context.Screen.Table(["NUMBER", "TIME", "BY", "REASON", "DIGEST"], entries.Select(e => (IReadOnlyList<Cell>)
                    [new Cell($"{e.Number}"), Times.Local(e.At), e.By, e.Reason, e.Root[..16]]));
            return ExitCodes.Done;
        });
        return history;
    }

    private static (Argument<string> Environment, Option<string?> Server) Subject(CliContext context)
    {
        var environment = new Argument<string>("ENVIRONMENT") { Description = "The environment whose IDS VM checks files" };
        environment.CompletionSources.Add(completion => MachineNames.Complete(context, completion));
        return (environment, new Option<string?>("--server") { HelpName = "NAME", Description = "Which of several servers" });
    }

    private static async Task<string> ServerAsync(DaemonClient client, string environment, string? given, CancellationToken cancellation)
    {
        if (given is not null)
            return given;
        var machines = await client.GetAsync(Routes.Machines, ApiJson.Default.IReadOnlyListMachineStatus, cancellation);
        return machines.FirstOrDefault(m => m.Name == environment)?.Watch switch
        {
            null or [] => "", // The daemon says what is wrong with the name.
            [var only] => only,
            var several => throw new CliException($"environment '{environment}' watches {string.Join(", ", several)}: say which, by --server", ExitCodes.Usage),
        };
    }

    private static Task<IReadOnlyList<AcceptanceRecord>> HistoryAsync(DaemonClient client, string environment, string server, CancellationToken cancellation) =>
        client.GetAsync(
            $"{Routes.Acceptances}?environment={Uri.EscapeDataString(environment)}&server={Uri.EscapeDataString(server)}",
            ApiJson.Default.IReadOnlyListAcceptanceRecord, cancellation);

    // By this program's own 'exec': what the IDS VM says passes through its pipes and bounds.
    private static string Record(CliContext context, ParseResult parsed, string environment, string server)
    {
        string[] where = [.. context.Global.Arguments(parsed)];
        var result = Tool.Run(
            Environment.ProcessPath!,
            [.. where, "exec", "-n", "-T", environment, "--", IntegrityPaths.Program, "candidate", "--server", server,
                "--key", $"{IntegrityPaths.Acceptances}/key", "--log", $"{IntegrityPaths.Acceptances}/{server}.log"],
            timeout: s_limit);
        var words = (result.Output + result.Error).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // 8: some files could not be read; they are part of the baseline as that.
        if (result.Status.ShellCode is not (0 or 8) || words.Select(w => Digest().Match(w)).FirstOrDefault(m => m.Success) is not { } found)
            throw new CliException($"{environment}: no baseline was made: {words.LastOrDefault() ?? result.Status.ToString()}");
        // What differs from the baseline before, and what could not be read.
        foreach (var line in words.Where(w => !Digest().IsMatch(w) && !w.StartsWith("nothing is accepted yet", StringComparison.Ordinal)).Take(MostLines))
            context.Screen.Remark(line);
        return found.Groups[1].Value;
    }

    private static string Me() =>
        Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } user ? user : Environment.UserName;

    [GeneratedRegex(@"; root digest ([0-9a-f]{64})\z")]
    private static partial Regex Digest();
}
