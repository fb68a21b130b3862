using System.Diagnostics;
using HyperSpector.Tests.Kit.Traffic.Exchanges;

namespace HyperSpector.Tests.Kit.Traffic;

/// <summary>The whole mix: named exchanges, one after the other, always in the same order.</summary>
public static class Mix
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Exchange> All { get; } =
        [.. BenignExchanges.All, .. WebAttacks.All, .. ServiceAttacks.All, .. RawExchanges.All];

    /// <summary>Carries the mix out. An exchange that does not go as it must ends it, by name.</summary>
    /// <returns>How long each exchange took.</returns>
    public static IReadOnlyList<(string Name, TimeSpan Took)> Run(TrafficTarget target, Func<Exchange, bool>? wanted = null)
    {
        var times = new List<(string, TimeSpan)>();
        foreach (var exchange in All.Where(wanted ?? (_ => true)))
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                exchange.Run(target);
            }
#pragma warning disable CA1031 // rethrown with the name of the exchange
            catch (Exception error)
#pragma warning restore CA1031
            {
                throw new InvalidOperationException($"exchange '{exchange.Name}': {error.Message}", error);
            }

            times.Add((exchange.Name, Stopwatch.GetElapsedTime(started)));
        }

        return times;
    }
}
