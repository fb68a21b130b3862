using HyperSpector.Api.Plans;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Hosts.Changes;

/// <summary>
/// Everybody who is listing a server VM's changes. They hold its mounts, which could not be mounted again meanwhile: so they end before it
/// is made, taken down or started again.
/// </summary>
internal sealed class ChangeSessions : IDisposable
{
    private const int Limit = 32;

    // Guards _sessions.
    private readonly Lock _lock = new();
    private readonly List<ChangeSession> _sessions = [];

    internal ChangeSession Start(MachineRecord machine, ChangePlan plan, IReadOnlyList<FileDescriptor> disk)
    {
        // Under the lock: a child is known from the moment it exists, so that nobody takes it for an orphan (Reaping.ReapUnknown).
        lock (_lock)
        {
            if (_sessions.Count >= Limit)
                throw new IOException($"{Limit} lists of changes are being made already; end some of them first");
            var session = new ChangeSession(machine.Name, IdRanges.ServiceIdOf(machine.FirstId), plan, disk, Ended);
            _sessions.Add(session);
            return session;
        }
    }

    /// <summary>Ends those of a server VM.</summary>
    internal void End(string machine)
    {
        ChangeSession[] sessions;
        lock (_lock)
            sessions = [.. _sessions.Where(s => s.Machine == machine)];
        foreach (var session in sessions)
            session.End($"{machine}: is being started or taken down; ask again when it is there");
    }

    /// <summary>True for a process that we reap ourselves.</summary>
    internal bool IsChild(int pid)
    {
        lock (_lock)
            return _sessions.Any(s => s.Pid == pid);
    }

    public void Dispose()
    {
        ChangeSession[] sessions;
        lock (_lock)
            sessions = [.. _sessions];
        foreach (var session in sessions)
            session.End("hyperspectord is ending; its VMs run on; try again");
    }

    private void Ended(ChangeSession session)
    {
        lock (_lock)
            _ = _sessions.Remove(session);
    }
}
