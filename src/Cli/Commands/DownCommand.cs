using System.CommandLine;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector down</c>: no trace is left.</summary>
internal static class DownCommand
{
    // An on-demand daemon ends by itself after a successful down.
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(10);

    internal static Command Create(CliContext context)
    {
        var file = CommonOptions.File("The file that was brought up; all VMs of the host go down in any case");
        var keep = new Option<bool>("--keep") { Description = "Keep what the VMs have written, and events, for the next 'up'" };
        var json = CommonOptions.Json("Print each step as a line of JSON");
        var command = new Command("down", "Take down every VM of this host and remove all traces") { file, keep, json };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(file) is { } named && !File.Exists(named))
                throw new CliException($"{named}: no such file", ExitCodes.Usage);
            return RunAsync(context, parsed, parsed.GetValue(keep), parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        CliContext context, ParseResult parsed, bool keep, bool json, CancellationToken cancellation)
    {
        var screen = context.Screen;
        var paths = context.Global.Paths(parsed);
        var start = new DaemonStart(paths, context.Global.PrefixArgument(parsed));
        using var client = new DaemonClient(paths);
        // One that does not listen may be ending, having nothing left to do.
        if (!await client.IsThereAsync(cancellation) && !await start.EarlierIsThereAsync(client, cancellation) && !Leftovers.Exist(paths))
        {
            start.RemoveTraces();
            Say(screen, json, $"nothing is up on host '{paths.Name}'");
            return ExitCodes.Done;
        }

        PidFd? daemon = null;
        try
        {
            await start.WithDaemonAsync(client, screen.Remark, async () =>
            {
                daemon?.Dispose();
                daemon = await OnDemandDaemonAsync(client, cancellation);
                var route = keep ? $"{Routes.Site}?keep=true" : Routes.Site;
                var steps = client.ObjectsAsync(HttpMethod.Delete, route, null, ApiJson.Default.ProgressLine, cancellation);
                await Progress.ShowAsync(screen, json, "down", steps);
            }, cancellation);
            WaitForEnd(client, daemon, start);
        }
        catch (OperationCanceledException)
        {
            screen.Remark("interrupted; hyperspectord goes on without you");
            throw;
        }
        finally
        {
            daemon?.Dispose();
        }

        if (!json)
            screen.Line(keep ? "down; what the VMs have written is kept" : "down; nothing is left");
        return ExitCodes.Done;
    }

    private static void Say(Screen screen, bool json, string text)
    {
        var line = new ProgressLine { Subject = "host", Step = "down", State = "finished", Detail = text, Last = true };
        if (json)
            screen.Json(line, ApiJson.Default.ProgressLine);
        else
            screen.Line(text);
    }

    /// <summary>The daemon's process, if it was started by 'up' and will end when nothing is left.</summary>
    private static async Task<PidFd?> OnDemandDaemonAsync(DaemonClient client, CancellationToken cancellation)
    {
        var version = await client.GetAsync(Routes.Version, ApiJson.Default.VersionInfo, cancellation);
        var process = PidFd.TryOpen(version.Pid);
        try
        {
            if (process is not null && File.ReadAllText($"/proc/{version.Pid}/cmdline").Split('\0').Contains("--on-demand"))
                return process;
        }
        catch (IOException)
        {
            // It has just ended.
        }

        process?.Dispose();
        return null;
    }

    // When 'down' has returned, whoever looks finds nothing: the daemon's own files go last.
    private static void WaitForEnd(DaemonClient client, PidFd? daemon, DaemonStart start)
    {
        client.Dispose();
        if (daemon is not null && daemon.WaitForEnd(EndTimeout))
            start.RemoveTraces();
    }
}
