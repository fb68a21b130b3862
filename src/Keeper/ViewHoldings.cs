using HyperSpector.Engine.Disks.Serving;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Keeper;

/// <summary>
/// What must survive whoever serves the views: the connections, what was negotiated on them, and what is shown. While a descriptor of a
/// connection is open, the IDS VM's requests wait; when the last one closes, the kernel ends the file system for good.
/// </summary>
internal sealed class ViewHoldings : IDisposable
{
    private const string StateName = "hyperspector-views";
    private const string NodesName = "hyperspector-nodes";
    private const int Connections = 2;

    private readonly FileDescriptor?[] _devices = new FileDescriptor?[Connections];
    private readonly FileDescriptor?[] _nodes = [MappedPage.CreateFile(NodesName), MappedPage.CreateFile(NodesName)];
    private List<FileDescriptor> _pending = [];
    private List<FileDescriptor> _disks = [];

    /// <summary>The page of <see cref="ViewState"/>.</summary>
    internal FileDescriptor State { get; private set; } = MappedPage.CreateFile(StateName);

    /// <summary>What the daemon wants to be shown; null: it has not said.</summary>
    internal FileDescriptor? Plan { get; private set; }

    /// <summary>Everything is there.</summary>
    internal bool IsComplete => Plan is not null && Array.TrueForAll(_devices, d => d is not null) && Array.TrueForAll(_nodes, n => n is not null);

    /// <summary>What /proc/PID/fd says of the page's file.</summary>
    internal static string StateLink => $"/memfd:{StateName} (deleted)";

    /// <summary>A connection of a mount that is new: nothing was negotiated on it.</summary>
    internal void SetDevice(int connection, FileDescriptor device)
    {
        _devices[connection]?.Dispose();
        _devices[connection] = device;
        State.Dispose();
        State = MappedPage.CreateFile(StateName);
    }

    internal static bool IsConnection(int number) => number is >= 0 and < Connections;

    /// <summary>A new plan begins to come in.</summary>
    internal void BeginDisks() => Clear(_pending);

    internal bool TryAddDisk(FileDescriptor disk)
    {
        if (_pending.Count >= ViewDescriptors.DiskLimit)
            return false;
        _pending.Add(disk);
        return true;
    }

    /// <summary>It is whole. Preconditions: nobody serves the old one.</summary>
    internal void Commit(FileDescriptor plan)
    {
        Plan?.Dispose();
        Plan = plan;
        Clear(_disks);
        (_disks, _pending) = (_pending, []);
    }

    /// <summary>By the numbers that who serves them finds them under.</summary>
    internal IReadOnlyList<(int Target, System.Runtime.InteropServices.SafeHandle Descriptor)> ForChild(FileDescriptor requests, FileDescriptor pulse)
    {
        using (var state = new ViewState(new MappedPage(State)))
            state.Disks = _disks.Count;
        return
        [
            (ViewDescriptors.Requests, requests),
            (ViewDescriptors.State, State),
            (ViewDescriptors.ServerFiles, _devices[0]!),
            (ViewDescriptors.ServerChanges, _devices[1]!),
            (ViewDescriptors.Plan, Plan!),
            .. _nodes.Select((n, i) => (ViewDescriptors.Nodes + i, (System.Runtime.InteropServices.SafeHandle)n!)),
            .. _disks.Select((d, i) => (ViewDescriptors.FirstDisk + i, (System.Runtime.InteropServices.SafeHandle)d)),
            (ViewDescriptors.PulseOf(_disks.Count), pulse),
        ];
    }

    /// <summary>Takes everything from a process that an earlier keeper has started; false if something is missing.</summary>
    /// <param name="copy">Copies a descriptor of it, by number.</param>
    internal bool TryAdopt(Func<int, FileDescriptor?> copy)
    {
        if (copy(ViewDescriptors.State) is not { } state)
            return false;
        if (new FileInfo(state.ProcPath).LinkTarget != StateLink)
        {
            state.Dispose();
            return false;
        }

        State.Dispose();
        State = state;
        int count;
        using (var page = new ViewState(new MappedPage(state)))
            count = page.Disks;
        for (var i = 0; i < Connections; i++)
        {
            _devices[i] = copy(ViewDescriptors.ServerFiles + i);
            _nodes[i]?.Dispose();
            _nodes[i] = copy(ViewDescriptors.Nodes + i);
        }

        Plan = copy(ViewDescriptors.Plan);
        for (var i = 0; i < count && copy(ViewDescriptors.FirstDisk + i) is { } disk; i++)
            _disks.Add(disk);
        return IsComplete && _disks.Count == count;
    }

    public void Dispose()
    {
        foreach (var descriptor in _devices.Concat(_nodes))
            descriptor?.Dispose();
        Plan?.Dispose();
        Clear(_pending);
        Clear(_disks);
        State.Dispose();
    }

    private static void Clear(List<FileDescriptor> descriptors)
    {
        foreach (var descriptor in descriptors)
            descriptor.Dispose();
        descriptors.Clear();
    }
}
