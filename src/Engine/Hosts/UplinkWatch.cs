using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// Sees that servers stay on the network of their NIC: one that vanishes or is switched off is an event, and so is its return.
/// Operation thread only.
/// </summary>
internal sealed class UplinkWatch(Workshop workshop, Action<string> log, TimeProvider clock)
{
    private readonly Dictionary<string, DateTimeOffset> _lost = [];

    /// <summary>Once a second, and <paramref name="thorough"/> when the kernel told of a change in the base.</summary>
    internal void Look(IEnumerable<LiveMachine> machines, bool thorough)
    {
        foreach (var live in machines.Where(m => m is { Runs: true, Record.Server.Uplink.Nic: not null }))
        {
            if (Defect(live, thorough) is not { } defect)
            {
                Found(live);
                continue;
            }

            if (_lost.TryAdd(live.Record.Name, clock.GetUtcNow()))
                workshop.Report(live.Record, "uplink", "high", $"{live.Record.Name} has lost its network: {defect}");
            if (Mend(live) && Defect(live, thorough: true) is null)
                Found(live);
        }
    }

    private string? Defect(LiveMachine live, bool thorough) =>
        workshop.Switch.UplinkDefect(live.Record.Name, live.Record.Server!.Uplink, thorough);

    private void Found(LiveMachine live)
    {
        if (_lost.Remove(live.Record.Name, out var since))
            workshop.Report(live.Record, "uplink", "info", $"{live.Record.Name} is on the network of {live.Record.Server!.Uplink!.Nic} again: without it {Interval.Text(since, clock.GetUtcNow())}");
    }

    private bool Mend(LiveMachine live)
    {
        var nic = live.Record.Server!.Uplink!.Nic!;
        if (Interfaces.IndexOf(nic) == 0)
            return false;
        try
        {
            _ = workshop.AttachPort(live);
            return true;
        }
        catch (IOException error)
        {
            // Tried again once a second, until it can be.
            log($"{live.Record.Name}: {nic} cannot be joined: {error.Message}");
            return false;
        }
    }
}
