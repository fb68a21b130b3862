using HyperSpector.Engine.Hosts;

namespace HyperSpector.Cli.Client;

/// <summary>What may remain of a host whose daemon does not run.</summary>
internal static class Leftovers
{
    /// <summary>True when there is anything that a daemon must look after.</summary>
    internal static bool Exist(HostPaths paths) =>
        HasEntries(paths.State) || HasEntries($"{paths.Run}/vms") || Engine.Machines.Runtime.Known.Any(r => HasEntries(paths.RuntimeRootOf(r)));

    private static bool HasEntries(string directory) =>
        Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any();
}
