using System.CommandLine.Completions;
using HyperSpector.Api;
using HyperSpector.Cli.Client;

namespace HyperSpector.Cli.Usage;

/// <summary>Names of VMs for completion: whoever presses Tab neither waits long nor reads an error.</summary>
internal static class MachineNames
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    internal static IEnumerable<string> Complete(CliContext context, CompletionContext completion)
    {
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            using var client = new DaemonClient(context.Global.Paths(completion.ParseResult));
            // On a thread of its own: completion sources are synchronous.
            var machines = Task.Run(
                () => client.GetAsync(Routes.Machines, ApiJson.Default.IReadOnlyListMachineStatus, limit.Token)).GetAwaiter().GetResult();
            return machines.Select(m => m.Name);
        }
        catch (Exception error) when (error is CliException or OperationCanceledException or IOException)
        {
            return [];
        }
    }
}
