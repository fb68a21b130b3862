using System.Globalization;

namespace HyperSpector.Engine.Machines.Oci;

/// <summary>
/// Our own limits: nobody gives a process more than he has himself without CAP_SYS_RESOURCE (setrlimit(2)), which the base's root may
/// lack where the base is itself a container.
/// </summary>
internal static class OwnLimits
{
    /// <summary>What a VM's process may open without asking for more.</summary>
    internal const ulong UsualFiles = 65_536;

    private const ulong MostFiles = 1_048_576;
    private const int CAP_SYS_RESOURCE = 24;

    /// <summary>Hard limit of open files of a VM that says nothing else.</summary>
    internal static ulong OpenFiles => Math.Min(Hard("Max open files"), MostFiles);

    /// <summary>Fails, naming it, for a limit that we cannot give.</summary>
    internal static void Check(MachinePlan plan, UlimitPolicy policy)
    {
        if (plan.Ulimits.Count == 0 || MayRaise())
            return;
        foreach (var limit in plan.Ulimits)
        {
            var own = Hard(policy.For(plan, limit).ShownAs);
            if (limit.Hard > own)
                throw new IOException($"{plan.Name}: ulimits: {limit.Name}: this host's root may have {own} at most, and may not raise it (CAP_SYS_RESOURCE is missing)");
        }
    }

    // "Max open files            1024                 524288               files": soft and hard, or "unlimited" (proc_pid_limits(5)).
    private static ulong Hard(string title)
    {
        var line = File.ReadLines("/proc/self/limits").First(l => l.StartsWith(title, StringComparison.Ordinal));
        var hard = line[title.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return hard == "unlimited" ? ulong.MaxValue : ulong.Parse(hard, CultureInfo.InvariantCulture);
    }

    private static bool MayRaise()
    {
        const string title = "CapEff:";
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(title, StringComparison.Ordinal));
        var held = ulong.Parse(line[title.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (held & (1UL << CAP_SYS_RESOURCE)) != 0;
    }
}
