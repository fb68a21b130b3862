using System.CommandLine;
using System.Globalization;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector ps</c>: which VMs there are.</summary>
internal static class PsCommand
{
    internal static Command Create(CliContext context)
    {
        var json = CommonOptions.Json("Print one JSON object");
        var command = new Command("ps", "List the VMs of this host") { json };
        command.SetAction((parsed, cancellation) => RunAsync(context, parsed, parsed.GetValue(json), cancellation));
        return command;
    }

    internal static void Print(Screen screen, IReadOnlyList<MachineStatus> machines)
    {
        screen.Table(
            ["NAME", "KIND", "STATE", "PID", "ADDRESSES", "PURPOSE"],
            machines.Select(m => (IReadOnlyList<Cell>)
            [
                new Cell(m.Name, Tone.Heading),
                m.Kind,
                MachineText.State(m),
                m.Pid?.ToString(CultureInfo.InvariantCulture) ?? "-",
                m.Addresses.Count == 0 ? "-" : string.Join(", ", m.Addresses),
                MachineText.Columns(m),
            ]));
        foreach (var machine in machines)
        {
            if (machine.Problem is { } problem)
                screen.Pieces(new Cell($"{machine.Name}: {problem}", Tone.Bad));
        }
    }

    private static async Task<int> RunAsync(CliContext context, ParseResult parsed, bool json, CancellationToken cancellation)
    {
        var paths = context.Global.Paths(parsed);
        using var client = new DaemonClient(paths);
        IReadOnlyList<MachineStatus> machines;
        try
        {
            machines = await client.GetAsync(Routes.Machines, ApiJson.Default.IReadOnlyListMachineStatus, cancellation);
        }
        catch (DaemonAbsentException) when (!Leftovers.Exist(paths))
        {
            // No daemon is needed where there is nothing.
            machines = [];
        }

        if (json)
            context.Screen.Json(new MachineList(paths.Name, machines), CliJson.Default.MachineList);
        else if (machines.Count == 0)
            context.Screen.Line($"nothing is up on host '{paths.Name}'");
        else
            Print(context.Screen, machines);
        return ExitCodes.Done;
    }
}
