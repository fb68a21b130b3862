using HyperSpector.Api.Messages;

namespace HyperSpector.Cli.Watching;

/// <summary><c>top --json</c>: what happened on a host between two looks.</summary>
internal sealed record HostSample(DateTimeOffset Time, string Host, double Seconds, IReadOnlyList<MachineSample> Machines);

/// <summary>One VM. Null: not known, because it does not run or has been made anew in between.</summary>
/// <param name="Name">The VM.</param>
/// <param name="Kind"><c>server</c> or <c>ids</c>.</param>
/// <param name="State">As <c>ps</c> shows it.</param>
/// <param name="Cpu">Processors in use: 1 is one whole.</param>
/// <param name="Memory">Bytes.</param>
/// <param name="MemoryLimit">Most it may have; null: no limit.</param>
/// <param name="Pids">Processes and threads.</param>
/// <param name="FramesPerSecond">Copied to it (an IDS VM), or of it (a server), over all its mirrors.</param>
/// <param name="DropsPerSecond">Frames that should have been copied and were not.</param>
/// <param name="Dropped">The same since the mirrors were made.</param>
/// <param name="LeftOutPerSecond">Frames that passed and were not copied because a filter said so.</param>
/// <param name="LeftOut">The same since the mirrors were made.</param>
internal sealed record MachineSample(
    string Name, string Kind, string State, double? Cpu, long? Memory, long? MemoryLimit, long? Pids, double? FramesPerSecond,
    double? DropsPerSecond, long? Dropped, double? LeftOutPerSecond, long? LeftOut);

/// <summary>From two statuses to what happened in between. Pure.</summary>
internal static class Sampling
{
    internal static HostSample Between(HostStatus earlier, HostStatus later, TimeSpan elapsed, DateTimeOffset now) => new(
        now, later.Host, elapsed.TotalSeconds,
        [.. later.Machines.Select(m => Of(m, earlier.Machines.FirstOrDefault(e => e.Name == m.Name), earlier, later, elapsed.TotalSeconds))]);

    private static MachineSample Of(MachineStatus machine, MachineStatus? before, HostStatus earlier, HostStatus later, double seconds)
    {
        var mirrors = later.Mirrors.Where(m => m.Environment == machine.Name || m.Server == machine.Name).ToList();
        var pairs = mirrors.Select(m => (Now: m, Then: earlier.Mirrors.FirstOrDefault(e => e.Environment == m.Environment && e.Server == m.Server)))
            .Where(p => p.Then is not null).ToList();
        var known = pairs.Count == mirrors.Count && mirrors.Count > 0;
        return new MachineSample(
            machine.Name, machine.Kind, machine.State,
            before?.Pid == machine.Pid ? Rate(before?.Usage?.CpuMicroseconds, machine.Usage?.CpuMicroseconds, seconds) / 1e6 : null,
            machine.Usage?.Memory, machine.Usage?.MemoryLimit, machine.Usage?.Pids,
            known ? Rate(pairs.Sum(p => p.Then!.Mirrored), pairs.Sum(p => p.Now.Mirrored), seconds) : null,
            known ? Rate(pairs.Sum(p => p.Then!.Dropped), pairs.Sum(p => p.Now.Dropped), seconds) : null,
            mirrors.Count > 0 ? mirrors.Sum(m => m.Dropped) : null,
            known ? Rate(pairs.Sum(p => p.Then!.LeftOut), pairs.Sum(p => p.Now.LeftOut), seconds) : null,
            mirrors.Count > 0 ? mirrors.Sum(m => m.LeftOut) : null);
    }

    // A counter that went back is another one: its mirror, or its VM, was made anew.
    private static double? Rate(long? then, long? now, double seconds) => now >= then && seconds > 0 ? (now - then) / seconds : null;
}
