using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Procfs;

namespace HyperSpector.Engine.Machines;

/// <summary>
/// The two file systems of an IDS VM in which it sees its servers' disks, mounted when it is made; who serves them gets the connections.
/// </summary>
internal sealed class ViewMounts : IDisposable
{
    /// <summary>The server VMs' files (DISK-1).</summary>
    internal const string ServerFiles = "/.serverfs";

    /// <summary>What the server VMs have changed (DISK-3).</summary>
    internal const string ServerChanges = "/.dserverfs";

    private readonly List<FileDescriptor> _devices = [];
    private readonly List<(string Target, FileDescriptor Tree)> _mounts = [];

    /// <summary>Makes both, not attached anywhere yet.</summary>
    /// <param name="machine">The IDS VM.</param>
    /// <param name="firstId">First of its ids: its root.</param>
    internal ViewMounts(string machine, uint firstId)
    {
        foreach (var target in (string[])[ServerFiles, ServerChanges])
        {
            var device = FuseDevice.Open();
            _devices.Add(device);
            var options = new FuseMountOptions { Source = $"hyperspector-{machine}", User = firstId, Group = firstId };
            _mounts.Add((target, FuseDevice.Mount(device, options)));
        }
    }

    /// <summary>The connections, in the order of the mounts.</summary>
    internal IReadOnlyList<FileDescriptor> Devices => _devices;

    /// <summary>The mounts, and where they belong.</summary>
    internal IReadOnlyList<(string Target, FileDescriptor Tree)> Mounts => _mounts;

    /// <summary>A VM has them: not one that was made by an earlier version, or where the kernel has no FUSE.</summary>
    internal static bool AreThere(HostPaths paths, string machine)
    {
        var place = RootFileSystem.RootOf(paths, machine) + ServerFiles;
        return MountInfo.ReadSelf().Any(m => m.MountPoint == place);
    }

    public void Dispose()
    {
        foreach (var descriptor in _devices.Concat(_mounts.Select(m => m.Tree)))
            descriptor.Dispose();
    }
}
