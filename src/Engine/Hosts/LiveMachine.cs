using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Hosts;

/// <summary>A VM that this daemon holds: its record, its first process, and our processes that serve it.</summary>
internal sealed class LiveMachine(MachineRecord record) : IDisposable
{
    /// <summary>As last written to disk.</summary>
    internal MachineRecord Record { get; set; } = record;

    /// <summary>Its first process, as the base sees it; null while it does not run.</summary>
    internal PidFd? Init { get; set; }

    /// <summary>The lower layer's generation has changed since it was made.</summary>
    internal bool BaseMoved { get; set; }

    /// <summary>One line about its last failure.</summary>
    internal string? Problem { get; set; }

    /// <summary>When its restart policy brings it back; null when nothing is pending.</summary>
    internal DateTimeOffset? RestartAt { get; set; }

    /// <summary>True while its first process runs.</summary>
    internal bool Runs => Init is { HasEnded: false };

    public void Dispose() => Init?.Dispose();
}
