using System.Globalization;
using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Procfs;

namespace HyperSpector.Engine.Machines;

/// <summary>A VM's cgroups in every hierarchy, of either version: whose processes are in them, and their removal.</summary>
internal sealed class Cgroups(HostPaths paths)
{
    private const int SIGKILL = 9;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Names of VMs that have a cgroup.</summary>
    internal IReadOnlyList<string> Machines()
    {
        return
        [
            .. Hierarchies().Select(h => h + paths.CgroupRoot).Where(Directory.Exists).SelectMany(Directory.GetDirectories)
                .Select(d => Path.GetFileName(d)).Distinct(StringComparer.Ordinal),
        ];
    }

    /// <summary>Kills whatever is in the VM's cgroups and removes them, and the host's own if that is then empty.</summary>
    internal void Remove(string machine)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        foreach (var hierarchy in Hierarchies())
        {
            var directory = hierarchy + paths.CgroupPath(machine);
            while (Directory.Exists(directory) && !TryRemove(directory))
            {
                if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > Limit)
                    throw new IOException($"{directory}: cannot be removed, processes: {string.Join(' ', Processes(directory))}");
                foreach (var pid in Processes(directory))
                {
                    using var process = PidFd.TryOpen(pid);
                    _ = process?.Signal(SIGKILL);
                }

                Thread.Sleep(5);
            }

            _ = TryDelete(hierarchy + paths.CgroupRoot);
        }
    }

    /// <summary>
    /// Version 2 gives a group's memory.low only as far as the group above has one: ours gets the sum of its VMs'. Not more: what
    /// nobody claimed would be handed out among them (memory_recursiveprot, cgroup-v2.rst).
    /// </summary>
    internal void ShareGuarantees()
    {
        foreach (var hierarchy in Hierarchies())
            ShareGuarantees(hierarchy + paths.CgroupRoot);
    }

    internal static void ShareGuarantees(string group)
    {
        var file = $"{group}/memory.low";
        if (!File.Exists(file))
            return;
        var sum = Directory.GetDirectories(group).SelectMany(d => ReadLines($"{d}/memory.low"))
            .Sum(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var low) ? low : 0);
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"{sum}"));
    }

    /// <summary>Where the hierarchies are mounted.</summary>
    internal static IReadOnlyList<string> Hierarchies() =>
        [.. MountInfo.ReadSelf().Where(m => m.Type is "cgroup" or "cgroup2").Select(m => m.MountPoint).Distinct(StringComparer.Ordinal)];

    private static bool TryRemove(string directory)
    {
        // A frozen process does not die before it is thawed (v1 freezer; v2 kills it all the same).
        if (File.Exists($"{directory}/freezer.state"))
            File.WriteAllText($"{directory}/freezer.state", "THAWED");
        foreach (var inner in Directory.GetDirectories(directory))
        {
            if (!TryRemove(inner))
                return false;
        }

        return TryDelete(directory);
    }

    private static bool TryDelete(string directory)
    {
        try
        {
            Directory.Delete(directory);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            // EBUSY: processes or children; the caller kills and repeats, or leaves it to those who use it.
            return false;
        }
    }

    private static IEnumerable<int> Processes(string directory)
    {
        foreach (var inner in Directory.GetDirectories(directory, "*", SearchOption.AllDirectories).Append(directory))
        {
            foreach (var line in ReadLines($"{inner}/cgroup.procs"))
            {
                // 0 is a process of another pid namespace; never signal it (it would be our own group).
                if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0)
                    yield return pid;
            }
        }
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
