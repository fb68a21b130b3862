using System.CommandLine;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector up</c>: the host becomes what the file says.</summary>
internal static class UpCommand
{
    internal static Command Create(CliContext context)
    {
        var file = CommonOptions.File($"What to bring up (default: {CommonOptions.DefaultFile})");
        var json = CommonOptions.Json("Print each step as a line of JSON");
        var command = new Command("up", "Make this host match a file: create, change and remove VMs as needed") { file, json };
        command.SetAction((parsed, cancellation) => RunAsync(context, parsed, parsed.GetValue(file), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        CliContext context, ParseResult parsed, string? file, bool json, CancellationToken cancellation)
    {
        var screen = context.Screen;
        if (SiteFile.LoadOrExplain(file, screen) is not { } site)
            return ExitCodes.Usage;
        var paths = context.Global.Paths(parsed);
        using var client = new DaemonClient(paths);
        try
        {
            var start = new DaemonStart(paths, context.Global.PrefixArgument(parsed));
            await start.WithDaemonAsync(client, screen.Remark, () => Progress.ShowAsync(screen, json, "up", client.ObjectsAsync(
                HttpMethod.Put,
                Routes.Site,
                DaemonClient.Body(site, ApiJson.Default.SiteSpec),
                ApiJson.Default.ProgressLine,
                cancellation)), cancellation);
        }
        catch (OperationCanceledException)
        {
            // Closing the request tells the daemon.
            screen.Remark("interrupted; hyperspectord rolls back what it had begun");
            throw;
        }

        if (!json)
            Summarize(screen, await client.GetAsync(Routes.Machines, ApiJson.Default.IReadOnlyListMachineStatus, cancellation));
        return ExitCodes.Done;
    }

    private static void Summarize(Screen screen, IReadOnlyList<MachineStatus> machines)
    {
        screen.Line();
        foreach (var machine in machines)
            screen.Pieces(new Cell(machine.Name, Tone.Heading), " is ", MachineText.State(machine), ": ", MachineText.Purpose(machine));
        if (machines.Any(m => m.Watch.Count > 0))
            screen.Line("What the IDSes see: hyperspector alerts -f");
    }
}
