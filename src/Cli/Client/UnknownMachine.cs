using System.Net;
using HyperSpector.Api;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Cli.Client;

/// <summary>Tells a misspelt VM from one that cannot be used now.</summary>
internal static class UnknownMachine
{
    /// <summary>The daemon's own words, or the name that was probably meant.</summary>
    internal static async Task<CliException> ExplainAsync(
        DaemonClient client, string name, RefusedException refused, CancellationToken cancellation)
    {
        if (refused.Status != HttpStatusCode.NotFound)
            return refused;
        var machines = await client.GetAsync(Routes.Machines, ApiJson.Default.IReadOnlyListMachineStatus, cancellation);
        var names = machines.Select(m => m.Name).Order(StringComparer.Ordinal).ToList();
        if (names.Contains(name) || names.Count == 0)
            return refused;
        var nearest = Nearest.Suggest(name, names);
        return new CliException(
            $"there is no VM '{name}'{(nearest.Length > 0 ? nearest : $"; there are: {string.Join(", ", names)}")}", cause: refused);
    }
}
