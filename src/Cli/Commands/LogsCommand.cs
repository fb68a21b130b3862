using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector logs</c>: what VMs wrote to their standard output and error.</summary>
internal static class LogsCommand
{
    private sealed record Request(string? Name, bool Follow, int? Tail, bool Json);

    // A line as it came, and as it was understood: null where it was not.
    private readonly record struct Entry(ReadOnlyMemory<byte> Bytes, LogLine? Line);

    internal static Command Create(CliContext context)
    {
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = "A VM; without it all of them, merged" };
        name.CompletionSources.Add(completion => MachineNames.Complete(context, completion));
        var follow = CommonOptions.Follow();
        var tail = CommonOptions.Tail("lines of each VM");
        var json = CommonOptions.Json("Print each line as a line of JSON");
        var command = new Command("logs", "Show what VMs have written to their standard output and error") { name, follow, tail, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = new DaemonClient(context.Global.Paths(parsed));
            var request = new Request(parsed.GetValue(name), parsed.GetValue(follow), parsed.GetValue(tail), parsed.GetValue(json));
            await RunAsync(context.Screen, client, request, cancellation);
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task RunAsync(Screen screen, DaemonClient client, Request request, CancellationToken cancellation)
    {
        List<string> names = request.Name is { } one
            ? [one]
            : [.. (await client.GetAsync(Routes.Machines, ApiJson.Default.IReadOnlyListMachineStatus, cancellation)).Select(m => m.Name)];
        var width = names.Count == 0 ? 0 : names.Max(n => n.Length);
        var streams = names.Select(n => StreamAsync(client, n, request, cancellation)).ToList();
        var entries = request.Follow ? AsTheyComeAsync(streams, cancellation) : ByTimeAsync(streams);
        await foreach (var entry in entries)
        {
            if (request.Json)
                screen.Foreign(entry.Bytes.Span, "log line");
            else if (entry.Line is not { } line)
                screen.Remark("a log line is not understood and left out; '--json' shows it");
            else if (names.Count == 1)
                screen.Line(line.Text, keepTabs: true);
            else
                screen.Pieces(new Cell(line.Machine.PadRight(width), Tone.Heading), new Cell(" | ", Tone.Dim), line.Text);
        }
    }

    private static async IAsyncEnumerable<Entry> StreamAsync(
        DaemonClient client, string name, Request request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var route = $"{Routes.Logs}?machine={Uri.EscapeDataString(name)}{StreamQuery.Of(request.Follow, request.Tail)}";
        await using var lines = client.LinesAsync(HttpMethod.Get, route, null, cancellation).GetAsyncEnumerator(cancellation);
        while (true)
        {
            try
            {
                if (!await lines.MoveNextAsync())
                    yield break;
            }
            catch (RefusedException refused)
            {
                throw await UnknownMachine.ExplainAsync(client, name, refused, cancellation);
            }

            yield return new Entry(lines.Current, Understand(lines.Current));
        }
    }

    private static LogLine? Understand(ReadOnlyMemory<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line.Span, ApiJson.Default.LogLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What is stored: each stream is in order, so the earliest head is the next line.</summary>
    private static async IAsyncEnumerable<Entry> ByTimeAsync(IReadOnlyList<IAsyncEnumerable<Entry>> streams)
    {
        var heads = new List<IAsyncEnumerator<Entry>>();
        try
        {
            foreach (var stream in streams)
            {
                var head = stream.GetAsyncEnumerator();
                if (await head.MoveNextAsync())
                    heads.Add(head);
            }

            while (heads.Count > 0)
            {
                var next = heads.MinBy(h => h.Current.Line?.Time ?? DateTimeOffset.MinValue)!;
                yield return next.Current;
                if (!await next.MoveNextAsync())
                    _ = heads.Remove(next);
            }
        }
        finally
        {
            foreach (var head in heads)
                await head.DisposeAsync();
        }
    }

    private static async IAsyncEnumerable<Entry> AsTheyComeAsync(
        IReadOnlyList<IAsyncEnumerable<Entry>> streams, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Bounded: a VM that writes faster than we print waits in its log, not in our memory.
        var merged = Channel.CreateBounded<Entry>(256);
        var pumps = Task.WhenAll(streams.Select(async stream =>
        {
            await foreach (var entry in stream)
                await merged.Writer.WriteAsync(entry, cancellation);
        }));
        _ = pumps.ContinueWith(done => merged.Writer.Complete(done.Exception?.InnerException), TaskScheduler.Default);
        await foreach (var entry in merged.Reader.ReadAllAsync(cancellation))
            yield return entry;
    }
}
