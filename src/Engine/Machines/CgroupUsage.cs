using System.Globalization;
using HyperSpector.Api.Messages;

namespace HyperSpector.Engine.Machines;

/// <summary>
/// What a VM uses, by the kernel's own account: its cgroups, in whichever hierarchy (version 1, 2 or both: hybrid) a controller is.
/// Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst. The VM sees these files read only, so nothing here is its word.
/// </summary>
/// <param name="hierarchies">Mount points of all hierarchies.</param>
internal sealed class CgroupUsage(IReadOnlyList<string> hierarchies)
{
    /// <summary>What is in a cgroup; null if it is in no hierarchy, or its controllers are off.</summary>
    internal ResourceUsage? Read(string path)
    {
        // Version 1 first: on a hybrid machine the version 2 hierarchy may have a cgroup of the name, and no controller.
        var processor = Number(path, "cpuacct.usage") / 1000 ?? Entry(path, "cpu.stat", "usage_usec");
        var memory = Number(path, "memory.usage_in_bytes") ?? Number(path, "memory.current");
        if (processor is null || memory is null)
            return null;
        // Page cache that goes at once when somebody needs the memory is not what a VM needs.
        var cache = Entry(path, "memory.stat", "total_inactive_file") ?? Entry(path, "memory.stat", "inactive_file") ?? 0;
        var limit = Number(path, "memory.limit_in_bytes") ?? Number(path, "memory.max");
        return new ResourceUsage
        {
            CpuMicroseconds = processor.Value,
            Memory = Math.Max(0, memory.Value - cache),
            // Version 1 says "none" by the greatest multiple of a page.
            MemoryLimit = limit < long.MaxValue / 2 ? limit : null,
            Pids = Number(path, "pids.current"),
        };
    }

    private long? Number(string path, string file)
    {
        foreach (var text in Texts(path, file))
        {
            if (long.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return number;
        }

        return null;
    }

    private long? Entry(string path, string file, string name)
    {
        foreach (var text in Texts(path, file))
        {
            foreach (var line in text.Split('\n'))
            {
                if (line.Length > name.Length && line[name.Length] == ' ' && line.StartsWith(name, StringComparison.Ordinal)
                    && long.TryParse(line.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                {
                    return number;
                }
            }
        }

        return null;
    }

    private IEnumerable<string> Texts(string path, string file)
    {
        foreach (var hierarchy in hierarchies)
        {
            string text;
            try
            {
                text = File.ReadAllText($"{hierarchy}{path}/{file}");
            }
            catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
            {
                // Not this hierarchy's; or the VM has just ended (ENODEV).
                continue;
            }

            yield return text;
        }
    }
}
