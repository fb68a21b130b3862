using HyperSpector.Engine.Hosts.Health;
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

    /// <summary>What it is waiting for before it is started; null when it is not.</summary>
    internal StartWait? Wait { get; set; }

    /// <summary>Who checks its health; null: nobody.</summary>
    internal HealthWatch? Health { get; set; }

    /// <summary>True while its first process runs.</summary>
    internal bool Runs => Init is { HasEnded: false };

    public void Dispose()
    {
        Health?.Dispose();
        Health = null;
        Init?.Dispose();
    }
}

/// <summary>A VM that is made and not started yet.</summary>
/// <param name="For">For what, in words.</param>
/// <param name="Since">Since when.</param>
/// <param name="Dependencies">For servers that it depends on, too, not only for its IDS.</param>
/// <param name="Reported">That it takes too long has been reported.</param>
internal sealed record StartWait(string For, DateTimeOffset Since, bool Dependencies, bool Reported = false);
