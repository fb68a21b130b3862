namespace HyperSpector.Api.Plans;

/// <summary>What the daemon tells a VM's <c>hyperspector-reader</c>: where to read, where to write, as whom.</summary>
public sealed record ReaderPlan
{
    /// <summary>The host's name.</summary>
    public required string Host { get; init; }

    /// <summary>The VM's name.</summary>
    public required string Machine { get; init; }

    /// <summary>The environment, for an IDS VM; null for a server VM.</summary>
    public string? Environment { get; init; }

    /// <summary>Interface inside the IDS VM (<c>mon0</c>, <c>mon-web</c>) → the server VM whose packets arrive there.</summary>
    public IReadOnlyDictionary<string, string> Servers { get; set; } = new Dictionary<string, string>();

    /// <summary>The files that the VM's IDSes write; at most 32.</summary>
    public IReadOnlyList<ReaderOutput> Outputs { get; set; } = [];

    /// <summary>The FIFO that is the VM's standard output and error; null: no log is kept.</summary>
    public string? LogFifo { get; init; }

    /// <summary>Where events go, made if absent; null: none are written (a server VM).</summary>
    public string? SpoolDirectory { get; init; }

    /// <summary>Where log lines go, made if absent.</summary>
    public string? LogDirectory { get; init; }

    /// <summary>Bytes of events kept.</summary>
    public long SpoolLimit { get; set; } = 1L << 30;

    /// <summary>The user to become: the VM's root, as the base sees it.</summary>
    public required uint Uid { get; init; }

    /// <summary>Its group.</summary>
    public required uint Gid { get; init; }
}

/// <summary>One file that an IDS writes.</summary>
/// <param name="Index">Identifies the output over restarts; unique within the VM.</param>
/// <param name="Directory">Its directory, as the base sees it.</param>
/// <param name="FileName">Its name in there.</param>
/// <param name="Format"><c>eve</c> or <c>lines</c>.</param>
/// <param name="Sensor">The pack.</param>
public sealed record ReaderOutput(int Index, string Directory, string FileName, string Format, string Sensor);
