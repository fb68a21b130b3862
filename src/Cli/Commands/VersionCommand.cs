using System.CommandLine;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Client;
using HyperSpector.Cli.Usage;

namespace HyperSpector.Cli.Commands;

/// <summary><c>hyperspector version</c>: ours and the daemon's.</summary>
internal static class VersionCommand
{
    internal static Command Create(CliContext context)
    {
        var json = CommonOptions.Json("Print one JSON object");
        var command = new Command("version", "Show the versions of this program and of the daemon") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var daemon = await DaemonAsync(context, parsed, cancellation);
            if (parsed.GetValue(json))
            {
                context.Screen.Json(new Versions(ProductVersion.Text, daemon), CliJson.Default.Versions);
                return ExitCodes.Done;
            }

            context.Screen.Line($"hyperspector {ProductVersion.Text}");
            context.Screen.Line(daemon is null
                ? "hyperspectord: not running, or not reachable"
                : $"hyperspectord {daemon.Version}, host {daemon.Host}, pid {daemon.Pid}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task<VersionInfo?> DaemonAsync(CliContext context, ParseResult parsed, CancellationToken cancellation)
    {
        using var client = new DaemonClient(context.Global.Paths(parsed));
        try
        {
            return await client.GetAsync(Routes.Version, ApiJson.Default.VersionInfo, cancellation);
        }
        catch (CliException)
        {
            // Our own version is an answer even if the daemon has none.
            return null;
        }
    }
}
