using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Mediator;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// Our processes that serve VMs: a keeper (with its monitor) per IDS VM, a reader per VM. They outlive the daemon; it finds them by
/// their pid files, and starts again those that died. Operation thread only, but for <see cref="StatusOf"/>.
/// </summary>
internal sealed class Parts(HostPaths paths, Action<string> log, TimeProvider clock) : IDisposable
{
    private const string KeeperProgram = "hyperspector-keeper";
    private const string ReaderProgram = "hyperspector-reader";
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(3);

    private sealed class Served
    {
        internal PartProcess? Keeper { get; set; }

        internal PartProcess? Reader { get; set; }

        internal int KeeperStarts { get; set; }

        internal int ReaderStarts { get; set; }

        internal Pacing KeeperPacing { get; } = new();

        internal Pacing ReaderPacing { get; } = new();
    }

    private volatile IReadOnlyDictionary<string, Served> _served = new Dictionary<string, Served>();

    /// <summary>Starts what an IDS VM needs before it is made: the keeper, where the runtime delivers seccomp listeners.</summary>
    /// <returns>True if it had to be started: it knows nothing yet.</returns>
    internal bool EnsureKeeper(MachineRecord record)
    {
        var served = Of(record.Name, create: true)!;
        if (served.Keeper is { IsAlive: true })
            return false;
        served.Keeper?.Dispose();
        var files = Files(record.Name);
        served.Keeper = FindCurrent(files.KeeperPid, KeeperProgram, record.Name, ReplaceKeeper);
        if (served.Keeper is not null || !served.KeeperPacing.TryStart(clock.GetUtcNow()))
            return false;
        PrivateDirectory.Create(files.Directory);
        var monitor = Path.Join(AppContext.BaseDirectory, "hyperspector-monitor");
        served.Keeper = PartProcess.Start(
            KeeperProgram,
            ["--run", files.Directory, "--monitor", monitor, "--uid", $"{IdRanges.ServiceIdOf(record.FirstId)}"],
            $"{files.Directory}/keeper.log");
        if (served.KeeperStarts++ > 0)
            log($"{record.Name}: its keeper was gone and has been started again");
        return true;
    }

    /// <summary>Starts a VM's reader unless it runs.</summary>
    internal void EnsureReader(ReaderPlan plan)
    {
        var served = Of(plan.Machine, create: true)!;
        if (served.Reader is { IsAlive: true })
            return;
        served.Reader?.Dispose();
        var run = paths.MachineRun(plan.Machine);
        var pidFile = $"{run}/reader.pid";
        served.Reader = FindCurrent(pidFile, ReaderProgram, plan.Machine, old => old.Stop(s_grace));
        if (served.Reader is not null || !served.ReaderPacing.TryStart(clock.GetUtcNow()))
            return;
        var planFile = $"{run}/reader.json";
        File.WriteAllBytes(planFile, JsonSerializer.SerializeToUtf8Bytes(plan, ApiJson.Default.ReaderPlan));
        served.Reader = PartProcess.Start(ReaderProgram, ["--plan", planFile], $"{run}/reader.log");
        if (served.ReaderStarts++ > 0)
            log($"{plan.Machine}: its reader was gone and has been started again");
    }

    /// <summary>The line to a VM's keeper.</summary>
    internal KeeperClient Connect(string machine) => KeeperClient.Connect(Files(machine), s_start);

    /// <summary>Ends what serves a VM, also what an earlier daemon started.</summary>
    internal void Stop(string machine)
    {
        var served = Of(machine, create: false) ?? new Served();
        var keeper = served.Keeper ?? PartProcess.Find(Files(machine).KeeperPid);
        keeper?.Stop(s_grace);
        keeper?.Dispose();
        // A monitor whose keeper was killed lives on by design; nobody else ends it.
        foreach (var left in (string[])[Files(machine).MonitorPid, Files(machine).ViewsPid])
        {
            using var child = PartProcess.Find(left);
            child?.Stop(s_grace);
        }

        var reader = served.Reader ?? PartProcess.Find($"{paths.MachineRun(machine)}/reader.pid");
        reader?.Stop(s_grace);
        reader?.Dispose();
        Publish(all => all.Remove(machine));
    }

    /// <summary>True for a process that this daemon started and will reap itself.</summary>
    internal bool IsChild(int pid) => _served.Values.Any(s => s.Keeper?.Pid == pid || s.Reader?.Pid == pid);

    /// <summary>What serves a VM, as <c>status</c> shows it.</summary>
    internal IEnumerable<PartStatus> StatusOf(MachineRecord record)
    {
        var served = Of(record.Name, create: false) ?? new Served();
        if (!record.IsServer)
        {
            yield return new PartStatus("keeper", record.Name, Alive(served.Keeper), Math.Max(0, served.KeeperStarts - 1));
            using var monitor = PartProcess.Find(Files(record.Name).MonitorPid);
            yield return new PartStatus("monitor", record.Name, monitor?.Pid, 0);
            using var views = PartProcess.Find(Files(record.Name).ViewsPid);
            yield return new PartStatus("views", record.Name, views?.Pid, 0);
        }

        yield return new PartStatus("reader", record.Name, Alive(served.Reader), Math.Max(0, served.ReaderStarts - 1));
    }

    public void Dispose()
    {
        foreach (var served in _served.Values)
        {
            served.Keeper?.Dispose();
            served.Reader?.Dispose();
        }
    }

    /// <summary>
    /// What an earlier daemon started. If that was of another version, its part is ended: we speak the wire format of our own programs
    /// only. Its successor goes on where it was: a reader at its checkpoint, a keeper with what the monitor holds.
    /// </summary>
    private PartProcess? FindCurrent(string pidFile, string program, string machine, Action<PartProcess> end)
    {
        var found = PartProcess.Find(pidFile);
        if (found is null || found.Runs(program))
            return found;
        log($"{machine}: {program} (pid {found.Pid}) is of another version and is replaced");
        end(found);
        found.Dispose();
        return null;
    }

    // Not by SIGTERM, at which a keeper takes its monitor along, and every descriptor with it. Killed, it leaves a monitor that goes on
    // answering until the next keeper has taken everything over (adr/0001).
    private static void ReplaceKeeper(PartProcess old) => old.Kill();

    // Not IsAlive: that reaps, which is for the operation thread.
    private static int? Alive(PartProcess? part) => part is { Process.HasEnded: false } ? part.Pid : null;

    private MediatorPaths Files(string machine) => new(paths.MachineRun(machine));

    private Served? Of(string machine, bool create)
    {
        if (_served.TryGetValue(machine, out var served) || !create)
            return served;
        var added = new Served();
        Publish(all => all[machine] = added);
        return added;
    }

    private void Publish(Action<Dictionary<string, Served>> change)
    {
        var next = new Dictionary<string, Served>(_served);
        change(next);
        _served = next;
    }
}
