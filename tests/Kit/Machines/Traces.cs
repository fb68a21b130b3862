using HyperSpector.Linux.Procfs;

namespace HyperSpector.Tests.Kit.Machines;

/// <summary>What of a machine is visible on the base: compared before and after, nothing may be left.</summary>
public sealed record Traces(IReadOnlyList<string> Mounts, IReadOnlyList<string> Cgroups, IReadOnlyList<string> Files, IReadOnlyList<string> Processes)
{
    /// <summary>Takes stock: mounts and files below <paramref name="prefix"/>, cgroups of ours, processes with ids of tests.</summary>
    public static Traces Of(string prefix) => new(
        [.. MountInfo.ReadSelf().Where(m => m.IsWithin(prefix)).Select(m => m.MountPoint)],
        [.. MountInfo.ReadSelf().Where(m => m.Type is "cgroup" or "cgroup2").SelectMany(m => Directory.GetDirectories(m.MountPoint, "hyperspector*")).SelectMany(ChildrenOf)],
        [.. Directory.EnumerateFileSystemEntries(prefix, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)],
        [.. Directory.GetDirectories("/proc").Where(IsShifted)]);

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

    private static bool IsShifted(string directory)
    {
        if (!int.TryParse(Path.GetFileName(directory), out _))
            return false;
        try
        {
            var lines = File.ReadAllLines($"{directory}/status");
            // A zombie has ended; when it is reaped is up to whoever has inherited it.
            return !lines.Any(l => l.StartsWith("State:\tZ", StringComparison.Ordinal))
                && lines.FirstOrDefault(l => l.StartsWith("Uid:", StringComparison.Ordinal)) is { } line
                && uint.TryParse(line.Split('\t')[1], out var uid) && uid is >= 0x6000_0000 and < 0x7000_0000;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
