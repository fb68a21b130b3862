using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;
using HyperSpector.Cli.Watching;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector top</c>: what the VMs use, and what is copied, second by second.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    internal static Command Create(CliContext context)
    {
        var json = CommonOptions.Json("Print one object a line, every second");
        var count = CommonOptions.Count("End after N times (default: when interrupted; after one where standard output is no terminal, without --json)");
        var command = new Command("top", "Show what each VM uses and how many frames are copied, every second") { count, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = new DaemonClient(context.Global.Paths(parsed));
            var asking = new Asking(client);
            await asking.BeginAsync(cancellation);
            // Asking takes the second.
            var view = new LiveView(context.Screen, TimeSpan.Zero);
            if (parsed.GetValue(json))
                await view.StreamAsync(asking.NextAsync, s => context.Screen.Json(s, CliJson.Default.HostSample), parsed.GetValue(count) ?? 0, cancellation);
            else
                await view.ShowAsync(asking.NextAsync, Print, parsed.GetValue(count), cancellation);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Print(Screen screen, HostSample sample)
    {
        screen.Line($"host {sample.Host}, {Times.Local(sample.Time)}");
        screen.Line();
        if (sample.Machines.Count == 0)
        {
            screen.Line("nothing is up");
            return;
        }

        // Eighty columns hold no more than the usual ones.
        var filtered = sample.Machines.Any(m => m.LeftOut > 0);
        screen.Table(
            ["NAME", "KIND", "STATE", "CPU %", "MEMORY", "LIMIT", "PIDS", "FRAMES/S", "DROPS/S", "DROPPED", .. filtered ? (string[])["LEFT OUT/S"] : []],
            sample.Machines.Select(m => (IReadOnlyList<Cell>)
            [
                new Cell(m.Name, Tone.Heading),
                m.Kind,
                MachineText.State(m.State),
                Number(m.Cpu * 100, "0.0"),
                Bytes(m.Memory),
                Bytes(m.MemoryLimit),
                Number(m.Pids, "0"),
                Number(m.FramesPerSecond, "0"),
                new Cell(Number(m.DropsPerSecond, "0"), m.DropsPerSecond > 0 ? Tone.Bad : Tone.Plain),
                new Cell(Number(m.Dropped, "0"), m.Dropped > 0 ? Tone.Warn : Tone.Plain),
                .. filtered ? (Cell[])[Number(m.LeftOutPerSecond, "0")] : [],
            ]));
    }

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    private static string Bytes(long? bytes) => bytes switch
    {
        null => "-",
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes.Value / (double)(1L << 30):0.0} GiB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes.Value / (double)(1L << 20):0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes.Value / 1024.0:0} KiB"),
    };

    /// <summary>Asks once a second, and compares with the time before.</summary>
    private sealed class Asking(DaemonClient client)
    {
        private HostStatus? _last;
        private long _asked;

        internal async Task BeginAsync(CancellationToken cancellation)
        {
            _last = await client.GetAsync(Routes.Status, ApiJson.Default.HostStatus, cancellation);
            _asked = Stopwatch.GetTimestamp();
        }

        internal async Task<HostSample> NextAsync(CancellationToken cancellation)
        {
            await Task.Delay(s_interval, cancellation);
            var (earlier, then) = (_last!, _asked);
            await BeginAsync(cancellation);
            return Sampling.Between(earlier, _last!, Stopwatch.GetElapsedTime(then, _asked), TimeProvider.System.GetUtcNow());
        }
    }
}
