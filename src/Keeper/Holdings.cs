using HyperSpector.Engine.Mediator;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Keeper;

/// <summary>A mirror's flag map and what the monitor must know of it.</summary>
internal sealed record HeldMirror(FileDescriptor Map, int InterfaceIndex, bool Always);

/// <summary>Every descriptor that must survive a monitor. The keeper never reads from any of them.</summary>
internal sealed class Holdings : IDisposable
{
    private const string InFlightName = "hyperspector-in-flight";

    private readonly Dictionary<ulong, FileDescriptor> _listeners = [];
    private readonly SortedDictionary<int, HeldMirror> _mirrors = [];

    /// <summary>What /proc/PID/fd says of the page's file.</summary>
    internal static string InFlightLink => $"/memfd:{InFlightName} (deleted)";

    /// <summary>By token of the event loop.</summary>
    internal IReadOnlyDictionary<ulong, FileDescriptor> Listeners => _listeners;

    /// <summary>By slot.</summary>
    internal IReadOnlyDictionary<int, HeldMirror> Mirrors => _mirrors;

    /// <summary>For PACKET_DIAG, if the daemon has handed one in.</summary>
    internal FileDescriptor? DiagSocket { get; private set; }

    /// <summary>The page in which a monitor keeps the notification that it answers.</summary>
    internal FileDescriptor InFlight { get; private set; } = MappedPage.CreateFile(InFlightName);

    internal bool TryAddListener(ulong token, FileDescriptor listener) =>
        _listeners.Count < MediatorLoop.ListenerLimit && _listeners.TryAdd(token, listener);

    internal FileDescriptor? RemoveListener(ulong token) => _listeners.Remove(token, out var listener) ? listener : null;

    internal void SetMirror(int slot, HeldMirror mirror)
    {
        RemoveMirror(slot);
        _mirrors[slot] = mirror;
    }

    internal void RemoveMirror(int slot)
    {
        if (_mirrors.Remove(slot, out var old))
            old.Map.Dispose();
    }

    internal void SetDiagSocket(FileDescriptor socket)
    {
        DiagSocket?.Dispose();
        DiagSocket = socket;
    }

    internal void SetInFlight(FileDescriptor file)
    {
        InFlight.Dispose();
        InFlight = file;
    }

    /// <summary>Everything, in the order in which a new monitor wants it: where to look and what to flip, then who asks.</summary>
    internal IEnumerable<(ControlMessage Message, FileDescriptor Descriptor)> All()
    {
        if (DiagSocket is not null)
            yield return (new ControlMessage(ControlKind.DiagSocket), DiagSocket);
        foreach (var (slot, mirror) in _mirrors)
            yield return (new ControlMessage(ControlKind.AddMirror, slot, mirror.InterfaceIndex, mirror.Always), mirror.Map);
        foreach (var listener in _listeners.Values)
            yield return (new ControlMessage(ControlKind.Listener), listener);
    }

    public void Dispose()
    {
        foreach (var listener in _listeners.Values)
            listener.Dispose();
        foreach (var mirror in _mirrors.Values)
            mirror.Map.Dispose();
        DiagSocket?.Dispose();
        InFlight.Dispose();
    }
}
