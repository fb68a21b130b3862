using System.Text.Json.Serialization;

namespace HyperSpector.Api.Site;

/// <summary>A file system in memory. <paramref name="Target"/> is absolute; <paramref name="Size"/> is its limit in bytes.</summary>
public sealed record TmpfsSpec([property: JsonRequired] string Target, long Size);

/// <summary>A limit of every process of a VM (getrlimit(2)).</summary>
/// <param name="Name">As in limits.conf(5): <c>nofile</c>, <c>memlock</c> …</param>
/// <param name="Soft">What a process starts with.</param>
/// <param name="Hard">What it may raise it to; <see cref="ulong.MaxValue"/> is no limit.</param>
public sealed record UlimitSpec([property: JsonRequired] string Name, ulong Soft, ulong Hard);

/// <summary>A file of the host that a VM's user, and nobody else in the VM, may read below <c>/run/secrets</c>.</summary>
/// <param name="Source">Regular file of the host, absolute.</param>
/// <param name="Name">Its name inside.</param>
public sealed record SecretSpec([property: JsonRequired] string Source, [property: JsonRequired] string Name)
{
    /// <summary>Most bytes of one: it is kept in memory that is never swapped out.</summary>
    public const int Largest = 256 << 10;
}

/// <summary>How it is found out whether a VM does its work: a command inside it, whose exit code alone is looked at.</summary>
public sealed record HealthSpec
{
    /// <summary>Program and arguments, run as the VM's user.</summary>
    public required IReadOnlyList<string> Run { get; init; }

    /// <summary>From the end of one check to the next.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A check that takes longer has failed, and is killed.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Failures in a row that make the VM unhealthy.</summary>
    public int Retries { get; set; } = 3;

    /// <summary>After the VM's start: failures do not count until a check has passed, and checks follow each other quickly.</summary>
    public TimeSpan StartPeriod { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>End the VM when it becomes unhealthy, so that its restart policy starts it again.</summary>
    public bool Restart { get; init; }
}

/// <summary>Another server that must be there before a server is started.</summary>
/// <param name="Server">Its name.</param>
/// <param name="Until">How far it must have come.</param>
public sealed record DependencySpec([property: JsonRequired] string Server, DependencyState Until);

/// <summary>How far a server must have come.</summary>
public enum DependencyState
{
    /// <summary>Its first process runs.</summary>
    Started,

    /// <summary>Its health check has passed.</summary>
    Healthy,
}

/// <summary>When a server VM is started.</summary>
public enum StartMoment
{
    /// <summary>When its turn has come.</summary>
    Now,

    /// <summary>Once the IDS of every environment that watches it captures.</summary>
    Captured,
}
