using HyperSpector.Api.Plans;
using HyperSpector.Engine.Hosts.Changes;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Hosts;

// What server VMs have changed, for whoever asks.
internal sealed partial class LiveHost
{
    private readonly ChangeSessions _changes;

    /// <summary>Starts to list a server VM's changes, whether it runs or not.</summary>
    internal ChangeSession StartChanges(ChangeQuery query)
    {
        if (query.Problem is { } problem)
            throw new IOException(problem);
        if (!_machines.TryGetValue(query.Machine, out var live))
            throw new IOException($"'{query.Machine}' has nothing to compare yet; see 'hyperspector ps'");
        if (!live.Record.IsServer)
            throw new IOException($"'{query.Machine}' is an IDS VM: changes are told of server VMs");
        var record = live.Record;
        var descriptors = new List<FileDescriptor>();
        var isMountedForUs = !live.Runs && !DiskSource.IsMounted(_paths, record.Name);
        try
        {
            if (isMountedForUs)
                _workshop.Factory.MountDisk(MachinePlans.For(_paths, record, []));
            // Its own ids from 0 on: as the server VM sees them.
            var disk = DiskSource.Open(_paths, record.Name, record.FirstId, record.Generation ?? "", shownFirstId: 0, descriptors);
            return _changes.Start(record, new ChangePlan { Disk = disk, Follow = query.Follow, Mounts = query.Mounts, Paths = query.Paths }, descriptors);
        }
        finally
        {
            // What was opened holds the mounts as long as somebody needs them.
            if (isMountedForUs)
                _workshop.Factory.Remove(record.Name, keepState: true);
            foreach (var descriptor in descriptors)
                descriptor.Dispose();
        }
    }
}
