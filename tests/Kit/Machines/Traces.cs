using HyperSpector.Linux.Procfs;

namespace HyperSpector.Tests.Kit.Machines;

/// <summary>What of a machine is visible on the base: compared before and after, nothing may be left.</summary>
public sealed record Traces(IReadOnlyList<string> Mounts, IReadOnlyList<string> Cgroups, IReadOnlyList<string> Files, IReadOnlyList<string> Processes)
{
    /// <summary>Takes stock: mounts and files below the host's <paramref name="prefix"/>, cgroups of ours, processes in those of <paramref name="host"/>.</summary>
    public static Traces Of(string prefix, string host) => new(
        [.. MountInfo.ReadSelf().Where(m => m.IsWithin(prefix)).Select(m => m.MountPoint)],
        [.. MountInfo.ReadSelf().Where(m => m.Type is "cgroup" or "cgroup2").SelectMany(m => Directory.GetDirectories(m.MountPoint, "hyperspector*")).SelectMany(ChildrenOf)],
        [.. Directory.EnumerateFileSystemEntries(prefix, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)],
        ProcessesOf(host));

    /// <summary>Directories in /proc of processes in the host's cgroups: other tests have machines meanwhile, with the same ids.</summary>
    public static IReadOnlyList<string> ProcessesOf(string host) => [.. Directory.GetDirectories("/proc").Where(d => IsProcessOf(d, host))];

    // Another host's may go while we look.
    private static string[] ChildrenOf(string directory)
    {
        try
        {
            return Directory.GetDirectories(directory);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static bool IsProcessOf(string directory, string host)
    {
        if (!int.TryParse(Path.GetFileName(directory), out _))
            return false;
        try
        {
            // A zombie has ended; when it is reaped is up to whoever has inherited it.
            return File.ReadAllText($"{directory}/cgroup").Contains($"/hyperspector-{host}/", StringComparison.Ordinal)
                && !File.ReadAllText($"{directory}/status").Contains("State:\tZ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
