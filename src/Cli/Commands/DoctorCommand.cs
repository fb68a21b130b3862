using System.CommandLine;
using System.Globalization;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;
using HyperSpector.Engine.Doctor;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector doctor</c>: what this machine has of what we need. Needs no daemon.</summary>
internal static class DoctorCommand
{
    internal static Command Create(CliContext context)
    {
        var json = CommonOptions.Json("Print one JSON object");
        var command = new Command("doctor", "Check what this machine has of all that HyperSpector needs or can use") { json };
        command.SetAction(parsed =>
        {
            var report = DoctorRunner.Run(context.Global.Paths(parsed));
            if (parsed.GetValue(json))
                context.Screen.Json(report, DoctorJson.Default.DoctorReport);
            else
                Print(context.Screen, report);
            return report.Ready ? ExitCodes.Done : ExitCodes.Found;
        });
        return command;
    }

    internal static void Print(Screen screen, DoctorReport report)
    {
        var width = report.Checks.Count == 0 ? 0 : report.Checks.Max(c => c.Id.Length);
        foreach (var check in report.Checks)
        {
            screen.Pieces(Mark(check), "  ", new Cell(check.Id.PadRight(width), Tone.Heading), "  ", check.Finding);
            if (check.State == DoctorState.Ok)
                continue;
            screen.Pieces(new Cell($"         lost ({Level(check.Level)}): ", Tone.Dim), check.Lost);
            screen.Pieces(new Cell("         fix: ", Tone.Dim), check.Fix);
        }

        var missing = report.Checks.Count(c => c is { Level: DoctorLevel.Required, State: not DoctorState.Ok });
        var time = report.Seconds.ToString("0.0", CultureInfo.InvariantCulture);
        screen.Line();
        screen.Pieces(
            report.Ready ? new Cell("ready", Tone.Good) : new Cell("not ready", Tone.Bad),
            report.Ready ? ": nothing that is required is missing" : $": {missing} of what is required is missing, or could not be tried; see 'fix' above",
            new Cell($" (kernel {report.Kernel}, {time} s)", Tone.Dim));
    }

    private static Cell Mark(DoctorCheck check) => check.State switch
    {
        DoctorState.Ok => new Cell("ok     ", Tone.Good),
        DoctorState.Missing => new Cell("missing", check.Level == DoctorLevel.Required ? Tone.Bad : Tone.Warn),
        _ => new Cell("unknown", check.Level == DoctorLevel.Required ? Tone.Bad : Tone.Warn),
    };

    private static string Level(DoctorLevel level) => level switch
    {
        DoctorLevel.Required => "required",
        DoctorLevel.Recommended => "recommended",
        _ => "optional",
    };
}
