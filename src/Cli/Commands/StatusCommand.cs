using System.CommandLine;
using System.Globalization;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;
using HyperSpector.Cli.Watching;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector status</c>: VMs, mirror ports with the identity of their counters, our own processes.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    internal static Command Create(CliContext context)
    {
        var json = CommonOptions.Json("Print one JSON object");
        var watch = new Option<bool>("--watch", "-w") { Description = "Show it again every two seconds, until interrupted; with --json, an object a line" };
        var count = CommonOptions.Count("With --watch: end after N times");
        var command = new Command("status", "Show the VMs, the mirror ports and their counters, and HyperSpector's own processes") { watch, count, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = new DaemonClient(context.Global.Paths(parsed));
            Task<HostStatus> AskAsync(CancellationToken token) => client.GetAsync(Routes.Status, ApiJson.Default.HostStatus, token);
            if (parsed.GetValue(watch))
            {
                var view = new LiveView(context.Screen, s_interval);
                if (parsed.GetValue(json))
                    await view.StreamAsync(AskAsync, s => context.Screen.Json(s, ApiJson.Default.HostStatus), parsed.GetValue(count) ?? 0, cancellation);
                else
                    await view.ShowAsync(AskAsync, Print, parsed.GetValue(count), cancellation);
                return ExitCodes.Done;
            }

            var status = await AskAsync(cancellation);
            if (parsed.GetValue(json))
                context.Screen.Json(status, ApiJson.Default.HostStatus);
            else
                Print(context.Screen, status);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Print(Screen screen, HostStatus status)
    {
        screen.Line($"host {status.Host}, hyperspectord {status.Version}");
        if (status.Machines.Count == 0)
        {
            screen.Line("nothing is up");
            return;
        }

        screen.Line();
        PsCommand.Print(screen, status.Machines);
        PrintLayers(screen, status.Machines);
        if (status.Mirrors.Count > 0)
            PrintMirrors(screen, status.Mirrors);
        if (status.Mirrors.Where(m => m.Filter is not null || m.LeftOut + m.Truncated > 0).ToList() is { Count: > 0 } filtered)
            PrintFilters(screen, filtered);
        if (status.Parts.Count > 0)
            PrintParts(screen, status.Parts);
        foreach (var rule in status.ForeignRules)
            screen.Pieces(new Cell($"another program drops what is forwarded to and from server VMs: {rule}; see docs/coexistence.md", Tone.Bad));
    }

    private static void PrintLayers(Screen screen, IReadOnlyList<MachineStatus> machines)
    {
        screen.Line();
        screen.Table(
            ["NAME", "UP SINCE", "RESTARTS", "USER IDS", "BASE"],
            machines.Select(m => (IReadOnlyList<Cell>)
            [
                new Cell(m.Name, Tone.Heading),
                m.Started is { } started ? Times.Local(started) : "-",
                new Cell(Number(m.Restarts), m.Restarts == 0 ? Tone.Plain : Tone.Warn),
                $"{Number(m.FirstId)}-{Number((long)m.FirstId + 65535)}",
                m.BaseMoved
                    ? new Cell($"generation {m.Generation ?? "?"}; the base has moved on: 'down' and 'up' make it anew", Tone.Warn)
                    : $"generation {m.Generation ?? "?"}",
            ]));
    }

    private static void PrintMirrors(Screen screen, IReadOnlyList<MirrorStatus> mirrors)
    {
        screen.Line();
        screen.Table(
            ["MIRROR", "INTO", "COPYING", "RECEIVED", "+ SENT", "= MIRRORED", "+ DROPPED", "+ IDLE", "+ LEFT OUT", "IDENTITY", "HELD BACK", "REFUSED"],
            mirrors.Select(m => (IReadOnlyList<Cell>)
            [
                new Cell(m.Server, Tone.Heading),
                $"{m.Environment} {m.Interface}",
                Copying(m),
                Number(m.Received),
                Number(m.Sent),
                Number(m.Mirrored),
                new Cell(Number(m.Dropped), m.Dropped == 0 ? Tone.Plain : Tone.Bad),
                Number(m.Idle),
                new Cell(Number(m.LeftOut), m.LeftOut == 0 ? Tone.Plain : Tone.Warn),
                Identity(m),
                new Cell(Number(m.Held), m.Held == 0 ? Tone.Plain : Tone.Warn),
                new Cell(Number(m.Refused), m.Refused == 0 ? Tone.Plain : Tone.Warn),
            ]));
    }

    private static Cell Copying(MirrorStatus mirror) => mirror.Active
        ? new Cell((mirror.Frames == Api.Site.FrameForm.Wire ? "wire frames" : "yes") + (mirror.Filter is null ? "" : ", filtered"), mirror.Filter is null ? Tone.Good : Tone.Warn)
        : new Cell("no capture", Tone.Dim);

    // The blind part of every mirror that has one, or had one: counters outlive a filter.
    private static void PrintFilters(Screen screen, IReadOnlyList<MirrorStatus> filtered)
    {
        screen.Line();
        screen.Table(
            ["FILTER OF", "INTO", "LEFT OUT BY RULES", "BY SAMPLE", "BYTES", "TRUNCATED", "BYTES", "COPIED IS"],
            filtered.Select(m => (IReadOnlyList<Cell>)
            [
                new Cell(m.Server, Tone.Heading),
                $"{m.Environment} {m.Interface}",
                Number(m.LeftOut - m.Unsampled),
                Number(m.Unsampled),
                Number(m.LeftOutBytes),
                Number(m.Truncated),
                Number(m.TruncatedBytes),
                m.Filter is { } filter ? FilterText.Of(filter) : "everything now",
            ]));
    }

    // Frames under way between two counters make it differ by a few while traffic flows.
    private static Cell Identity(MirrorStatus mirror)
    {
        var missing = mirror.Received + mirror.Sent - mirror.Mirrored - mirror.Dropped - mirror.Idle - mirror.LeftOut;
        return missing == 0 ? new Cell("holds", Tone.Good) : new Cell($"off by {Number(missing)}", Tone.Bad);
    }

    private static void PrintParts(Screen screen, IReadOnlyList<PartStatus> parts)
    {
        screen.Line();
        screen.Table(
            ["PART", "OF", "PID", "RESTARTS"],
            parts.Select(p => (IReadOnlyList<Cell>)
            [
                new Cell(p.Role, Tone.Heading),
                p.Machine,
                p.Pid is { } pid ? Number(pid) : new Cell("not running", Tone.Bad),
                new Cell(Number(p.Restarts), p.Restarts == 0 ? Tone.Plain : Tone.Warn),
            ]));
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
