namespace HyperSpector.Api.Site;

/// <summary>A file system in memory. <paramref name="Target"/> is absolute; <paramref name="Size"/> is its limit in bytes.</summary>
public sealed record TmpfsSpec(string Target, long Size);

/// <summary>A limit of every process of a VM (getrlimit(2)).</summary>
/// <param name="Name">As in limits.conf(5): <c>nofile</c>, <c>memlock</c> …</param>
/// <param name="Soft">What a process starts with.</param>
/// <param name="Hard">What it may raise it to; <see cref="ulong.MaxValue"/> is no limit.</param>
public sealed record UlimitSpec(string Name, ulong Soft, ulong Hard);

/// <summary>A file of the host that a VM's user, and nobody else in the VM, may read below <c>/run/secrets</c>.</summary>
/// <param name="Source">Regular file of the host, absolute.</param>
/// <param name="Name">Its name inside.</param>
public sealed record SecretSpec(string Source, string Name)
{
    /// <summary>Most bytes of one: it is kept in memory that is never swapped out.</summary>
    public const int Largest = 256 << 10;
}
