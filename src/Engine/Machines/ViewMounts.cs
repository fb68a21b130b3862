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
    internal static bool AreThere(HostPaths paths, string machine) =>
        MountInfo.IsMountPoint(RootFileSystem.RootOf(paths, machine) + ServerFiles);

    /// <summary>
    /// Puts new ones in the place of those whose connections have ended, which happens when all who held them were killed at once: what the
    /// IDS VM has open there stays dead, what it opens from now on is served.
    /// </summary>
    /// <param name="paths">The host's.</param>
    /// <param name="machine">The IDS VM.</param>
    /// <param name="firstId">First of its ids.</param>
    /// <param name="init">Its first process.</param>
    internal static ViewMounts Renew(HostPaths paths, string machine, uint firstId, PidFd init)
    {
        using var space = Files.OpenRead($"/proc/{init.Pid}/ns/mnt");
        if (init.HasEnded)
            throw new IOException($"{machine}: its first process has ended");
        var views = new ViewMounts(machine, firstId);
        try
        {
            foreach (var (target, tree) in views._mounts)
            {
                // What is in the VM is a copy of what is here, made when the VM was.
                var ours = RootFileSystem.RootOf(paths, machine) + target;
                // Of those who were killed a thread may still be in the kernel, waiting for an answer of their own; nobody else can give it.
                Linux.Calls.Mounts.Abort(ours);
                Replace(ours, tree);
                using var copy = Linux.Calls.Mounts.Clone(ours, CloneOptions.Look);
                MountNamespace.Run(space, () => Replace(target, copy));
            }

            return views;
        }
        catch
        {
            views.Dispose();
            throw;
        }
    }

    private static void Replace(string path, FileDescriptor tree)
    {
        _ = Linux.Calls.Mounts.Detach(path);
        using var place = Beneath.Reference(path, follow: false) ?? throw new IOException($"{path} is gone");
        Linux.Calls.Mounts.Attach(tree, place, path);
    }

    public void Dispose()
    {
        foreach (var descriptor in _devices.Concat(_mounts.Select(m => m.Tree)))
            descriptor.Dispose();
    }
}
