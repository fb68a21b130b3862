using System.CommandLine;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Changes;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector changes</c>: what differs between a server VM and its base.</summary>
internal static class ChangesCommand
{
    private sealed record Request(
        string Name, IReadOnlyList<string> Paths, bool Follow, bool Mounts, bool Summary, bool Json, string? Since, string? Record, bool ExitCode);

    internal static Command Create(CliContext context)
    {
        var name = new Argument<string>("NAME") { Description = "A server VM, running or not" };
        name.CompletionSources.Add(completion => MachineNames.Complete(context, completion));
        var paths = new Argument<string[]>("PATH")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "Only this path in the VM, and what is below it (default: everything)",
        };
        var follow = CommonOptions.Follow();
        var summary = new Option<bool>("--summary") { Description = "Count the differences of each directory instead" };
        var json = CommonOptions.Json("Print each difference as a line of JSON; with '--summary' one object");
        var since = new Option<string?>("--since")
        {
            HelpName = "STATE",
            Description = "What differs from a recorded state instead: its name, or a file (with a slash in it) made by '--json'",
        };
        var record = new Option<string?>("--record") { HelpName = "NAME", Description = "Record the state under a name, for '--since'" };
        var mounts = new Option<bool>("--mounts") { Description = "Enter volumes and file systems in memory, which have no base" };
        var exitCode = new Option<bool>("--exit-code") { Description = "End with 3 if there is any difference, 0 if there is none" };
        var command = new Command("changes", "Show what differs between a server VM and its base, or follow it live")
        {
            name, paths, follow, summary, json, since, record, mounts, exitCode,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(follow) && (result.GetValue(summary) || result.GetValue(since) is not null || result.GetValue(record) is not null || result.GetValue(exitCode)))
                result.AddError("--follow never ends: it goes with neither --summary, --since, --record nor --exit-code");
            else if (result.GetValue(record) is not null && (result.GetValue(since) is not null || result.GetValue(summary) || result.GetValue(json)))
                result.AddError("--record prints no differences: it goes with neither --since, --summary nor --json");
            else if (result.GetValue(record) is { } chosen && !RecordedState.IsName(chosen))
                result.AddError("--record must be a name of at most 64 letters, digits, dots, dashes and underscores, that begins with a letter or digit");
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var host = context.Global.Paths(parsed);
            using var client = new DaemonClient(host);
            var request = new Request(
                parsed.GetValue(name)!, parsed.GetValue(paths) ?? [], parsed.GetValue(follow), parsed.GetValue(mounts), parsed.GetValue(summary),
                parsed.GetValue(json), parsed.GetValue(since), parsed.GetValue(record), parsed.GetValue(exitCode));
            var states = new RecordedStates(host, request.Name);
            return await RunAsync(context.Screen, client, states, request, cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Screen screen, DaemonClient client, RecordedStates states, Request request, CancellationToken cancellation)
    {
        var stream = StreamAsync(client, request, screen, cancellation);
        if (request.Record is { } name)
        {
            var count = await states.WriteAsync(name, stream);
            screen.Line($"{name}: {request.Name} as it is now, with {count} difference{(count == 1 ? "" : "s")} from its base");
            return ExitCodes.Done;
        }

        // Read before the daemon is asked for anything.
        var since = request.Since is { } state ? states.Read(state) : null;
        var summary = request.Summary ? new ChangeSummary() : null;
        var found = 0L;
        await foreach (var (line, record) in Differences(stream, since))
        {
            if (record.Kind is not (ChangeKind.End or ChangeKind.Mount))
                found++;
            if (summary is not null)
                summary.Add(record);
            else if (request.Json)
                screen.Json(line.Span);
            else if (record.Kind != ChangeKind.End)
                ChangeLine.Print(screen, record, request.Follow);
            else if (request.Follow)
                screen.Remark("hyperspector: so much differed before; what follows happens now");
        }

        summary?.Print(screen, request.Json);
        return request.ExitCode && found > 0 ? ExitCodes.Found : ExitCodes.Done;
    }

    private static async IAsyncEnumerable<(ReadOnlyMemory<byte> Line, ChangeRecord Record)> Differences(
        IAsyncEnumerable<(ReadOnlyMemory<byte> Line, ChangeRecord Record)> stream, RecordedState? since)
    {
        await foreach (var one in stream)
        {
            if (since is null)
            {
                yield return one;
                continue;
            }

            foreach (var record in one.Record.Kind == ChangeKind.End ? since.Rest().Append(one.Record) : since.Compare(one.Record))
                yield return (JsonSerializer.SerializeToUtf8Bytes(record, ApiJson.Default.ChangeRecord), record);
        }
    }

    // A list without its last line is not whole, and must not look as if it were.
    private static async IAsyncEnumerable<(ReadOnlyMemory<byte> Line, ChangeRecord Record)> StreamAsync(
        DaemonClient client, Request request, Screen screen, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var route = $"{Routes.Changes}?machine={Uri.EscapeDataString(request.Name)}{(request.Follow ? "&follow=true" : "")}"
            + $"{(request.Mounts ? "&mounts=true" : "")}{string.Concat(request.Paths.Select(p => "&path=" + Uri.EscapeDataString(p)))}";
        await using var lines = client.LinesAsync(HttpMethod.Get, route, null, cancellation).GetAsyncEnumerator(cancellation);
        var isWhole = false;
        while (true)
        {
            try
            {
                if (!await lines.MoveNextAsync())
                    break;
            }
            catch (RefusedException refused)
            {
                throw await UnknownMachine.ExplainAsync(client, request.Name, refused, cancellation);
            }

            var record = DaemonClient.Parse(lines.Current, ApiJson.Default.ChangeRecord);
            if (record.Kind == ChangeKind.Failed)
                throw new CliException(record.Text ?? "the list of changes is not complete");
            isWhole |= record.Kind == ChangeKind.End;
            if (record.Kind == ChangeKind.Notice)
                screen.Remark($"hyperspector: {record.Text}");
            else
                yield return (lines.Current, record);
        }

        if (!isWhole || request.Follow)
            throw new CliException("the list of changes ended before it was complete: hyperspectord went away; try again");
    }
}
