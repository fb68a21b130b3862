using System.CommandLine;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Events;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector alerts</c>: what the IDSes saw.</summary>
internal static class AlertsCommand
{
    internal static Command Create(CliContext context)
    {
        var follow = CommonOptions.Follow();
        var tail = CommonOptions.Tail("events");
        var json = CommonOptions.Json("Print each event as a line of JSON, as it is stored");
        var command = new Command("alerts", "Show what the IDSes saw") { follow, tail, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = new DaemonClient(context.Global.Paths(parsed));
            var query = StreamQuery.Of(parsed.GetValue(follow), parsed.GetValue(tail));
            var route = query.Length == 0 ? Routes.Events : $"{Routes.Events}?{query[1..]}";
            await foreach (var line in client.LinesAsync(HttpMethod.Get, route, null, cancellation))
            {
                if (parsed.GetValue(json))
                    context.Screen.Foreign(line.Span, "event");
                else
                    Print(context.Screen, line.Span);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static void Print(Screen screen, ReadOnlySpan<byte> line)
    {
        EventRecord? record;
        try
        {
            record = JsonSerializer.Deserialize(line, ApiJson.Default.EventRecord);
        }
        catch (JsonException)
        {
            record = null;
        }

        if (record is null)
        {
            screen.Remark("an event is not understood and left out; '--json' shows it");
            return;
        }

        var tone = record.Severity switch
        {
            "high" => Tone.Bad,
            "medium" => Tone.Warn,
            "low" => Tone.Plain,
            _ => Tone.Dim,
        };
        screen.Pieces(
            new Cell(Times.Local(record.Time), Tone.Dim),
            "  ",
            new Cell(record.Severity.PadRight(6), tone),
            "  ",
            new Cell((record.Server ?? "-").PadRight(8), Tone.Heading),
            "  ",
            new Cell(record.Sensor.PadRight(8), Tone.Dim),
            "  ",
            new Cell(record.Summary, tone),
            new Cell(EventFlow.Of(record.Raw) is { } flow ? $"  {flow}" : "", Tone.Dim));
    }
}
