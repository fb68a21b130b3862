using System.Globalization;
using HyperSpector.Tests.Adversary.Harness;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Seeing and signalling processes of the base and of other VMs (EXP-4).</summary>
internal static class ProcessAttacks
{
    private const string Wall = "MOD-3 MOD-4 IDS-3 SRV-1";
    private const string Program = "processes.py";

    internal static readonly IReadOnlyList<Attack> All =
    [
        new Attack
        {
            Id = "processes.see",
            What = "see a process of the base or of another VM",
            Requirements = Wall + " PROC-4 EXP-4",
            Program = Program,
            Native = s => new Trial("scan") { Effect = r => Seen(s, null, r.Output) },
            Inside = (s, p) => new Trial("scan") { Effect = r => Seen(s, p, r.Output) },
        },
        Killing("processes.kill", "kill processes by their pids in the base", "signal"),
        Killing("processes.kill-range", "kill every pid there can be", "signal-range", "32768"),
        Killing("processes.pidfd", "kill through a pidfd", "pidfd"),
        new Attack
        {
            Id = "processes.kill-everybody",
            What = "kill(-1): every process that there is",
            Requirements = Wall,
            Program = Program,
            Native = _ => new Trial("kill-everybody") { Wrapper = ["unshare", "--pid", "--fork"] },
            Inside = (_, _) => new Trial("kill-everybody"),
        },
        new Attack
        {
            Id = "processes.priority",
            What = "slow down processes of the base",
            Requirements = Wall,
            Program = Program,
            Native = s => Priority(s, null),
            Inside = Priority,
        },
        new Attack
        {
            Id = "processes.limits",
            What = "set resource limits of processes of the base",
            Requirements = Wall,
            Program = Program,
            Native = s => Limits(s, null),
            Inside = Limits,
        },
    ];

    /// <summary>Pids, as the base counts, of all that an attacker might aim at: other places, the daemon and what it has started.</summary>
    private static string[] Pids(Scene scene, Place? attacker)
    {
        var pids = scene.Places.Where(p => p != attacker).Select(p => p.Pid).ToList();
        if (scene.Host.DaemonPid is { } daemon)
            pids.Add(daemon);
        if (attacker is not null)
            pids.AddRange(scene.Host.Status().Parts.Where(p => p.Pid is not null).Select(p => p.Pid!.Value));
        return [.. pids.Select(p => p.ToString(CultureInfo.InvariantCulture))];
    }

    private static string? Seen(Scene scene, Place? attacker, string output)
    {
        foreach (var place in scene.Places.Where(p => p != attacker))
        {
            if (output.Contains(place.Marker, StringComparison.Ordinal))
                return $"it saw the process of {place.Name}";
        }

        // A VM must see none of our own programs either, but the sensor, which is its own first process.
        var ours = new[] { "hyperspectord", "hyperspector-keeper", "hyperspector-monitor", "hyperspector-reader" };
        return attacker is null ? null : ours.Where(o => output.Contains(o, StringComparison.Ordinal)).Select(o => $"it saw {o}").FirstOrDefault();
    }

    private static Attack Killing(string id, string what, string kind, params string[] arguments) => new()
    {
        Id = id,
        What = what,
        Requirements = Wall,
        Program = Program,
        Native = s =>
        {
            var prey = s.Host.StartInBase("sleep", "1000");
            return new Trial([kind, .. arguments, prey.Pid.ToString(CultureInfo.InvariantCulture)])
            {
                Effect = _ => prey.WaitForEnd(TimeSpan.FromSeconds(1)) ? "the process is gone" : null,
                After = prey.Dispose,
            };
        },
        // Whether somebody died is looked at after every attack.
        Inside = (s, p) =>
        {
            var daemon = s.Host.DaemonPid;
            return new Trial([kind, .. arguments, .. Pids(s, p)]) { Effect = _ => s.Host.DaemonPid == daemon ? null : "the daemon is gone" };
        },
    };

    private static Trial Priority(Scene scene, Place? attacker)
    {
        // A process of the control's own, and in a VM the same pid as seen from the base.
        var prey = scene.Host.StartInBase("sleep", "1000");
        var before = Stat(prey.Pid);
        return new Trial(["priority", prey.Pid.ToString(CultureInfo.InvariantCulture), .. attacker is null ? [] : Pids(scene, attacker)])
        {
            Effect = _ => Stat(prey.Pid) is var nice && nice != before ? $"its nice value is {nice}" : null,
            After = prey.Dispose,
        };
    }

    private static Trial Limits(Scene scene, Place? attacker)
    {
        var prey = scene.Host.StartInBase("sleep", "1000");
        return new Trial(["limits", prey.Pid.ToString(CultureInfo.InvariantCulture), .. attacker is null ? [] : Pids(scene, attacker)])
        {
            Effect = _ => File.ReadLines($"/proc/{prey.Pid}/limits").Single(l => l.StartsWith("Max open files", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3] == "64" ? "it may open 64 files" : null,
            After = prey.Dispose,
        };
    }

    // Field 19 of /proc/PID/stat; the second is the name, here without blanks.
    private static string Stat(int pid) => File.ReadAllText($"/proc/{pid}/stat").Split(' ')[18];
}
