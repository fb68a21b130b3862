namespace HyperSpector.Api.Messages;

/// <summary>What a VM uses, from its cgroups. Rates are for whoever asks twice.</summary>
public sealed record ResourceUsage
{
    /// <summary>Processor time of all its processes since it was made, in microseconds.</summary>
    public long CpuMicroseconds { get; init; }

    /// <summary>Bytes of memory, without page cache that is not in use.</summary>
    public long Memory { get; init; }

    /// <summary>Most memory that it may have; null: no limit.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Processes and threads; null where nothing counts them.</summary>
    public long? Pids { get; init; }
}
