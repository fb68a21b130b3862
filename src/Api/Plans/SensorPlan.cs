namespace HyperSpector.Api.Plans;

/// <summary>
/// What <c>hyperspector-sensor</c>, the first process of an IDS VM that runs packs, supervises. It stands at
/// <see cref="Path"/> inside the VM.
/// </summary>
public sealed record SensorPlan
{
    /// <summary>Where the sensor looks for its plan.</summary>
    public const string Path = "/run/hyperspector/plan.json";

    /// <summary>What to run; none: wait for <c>hyperspector exec</c>.</summary>
    public IReadOnlyList<SensorCommand> Commands { get; set; } = [];

    /// <summary>Files that they write and that must not grow for ever.</summary>
    public IReadOnlyList<SensorOutput> Outputs { get; set; } = [];

    /// <summary>Where they run.</summary>
    public string WorkingDirectory { get; set; } = "/";

    /// <summary>Their whole environment; null: the sensor's own.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }
}

/// <summary>A file that is rotated.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Limit">Bytes.</param>
/// <param name="Signal">Number of the signal that makes its writers open it anew; 0: they need none.</param>
/// <param name="Commands">Its writers, by name.</param>
public sealed record SensorOutput(string Path, long Limit, int Signal, IReadOnlyList<string> Commands);

/// <summary>One supervised command.</summary>
/// <param name="Name">Prefix of its lines in the log.</param>
/// <param name="Arguments">Program (absolute) and its arguments.</param>
public sealed record SensorCommand(string Name, IReadOnlyList<string> Arguments)
{
    /// <summary>From one start to the next; null: it is kept running.</summary>
    public TimeSpan? Every { get; init; }
}
