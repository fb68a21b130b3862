using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Hosts;

/// <summary>What must change so that a host matches a site. Pure: decided before anything is touched.</summary>
internal sealed record SiteDiff
{
    /// <summary>Machines to take away, with whether their upper layer is kept for a successor of the same name and base.</summary>
    internal required IReadOnlyList<(string Name, bool KeepState)> Remove { get; init; }

    /// <summary>Server VMs to make.</summary>
    internal required IReadOnlyList<string> CreateServers { get; init; }

    /// <summary>IDS VMs to make.</summary>
    internal required IReadOnlyList<string> CreateEnvironments { get; init; }

    /// <summary>Machines that run on; only their network part may change.</summary>
    internal required IReadOnlyList<string> Keep { get; init; }

    internal static SiteDiff Between(IReadOnlyDictionary<string, MachineRecord> present, SiteSpec wanted)
    {
        var remove = new List<(string, bool)>();
        var keep = new List<string>();
        foreach (var (name, record) in present)
        {
            // What 'down --keep' kept of a VM that this site does not have waits for the site that has it.
            if (record.Phase == MachinePhase.Kept && !wanted.Servers.ContainsKey(name) && !wanted.Environments.ContainsKey(name))
                continue;
            if (Survives(record, wanted))
                keep.Add(name);
            else
                remove.Add((name, StateFits(record, wanted)));
        }

        return new SiteDiff
        {
            Remove = remove,
            Keep = keep,
            CreateServers = [.. wanted.Servers.Keys.Where(n => !keep.Contains(n))],
            CreateEnvironments = [.. wanted.Environments.Keys.Where(n => !keep.Contains(n))],
        };
    }

    // A machine in phase Making is a leftover of an operation that did not finish; it is never kept.
    private static bool Survives(MachineRecord record, SiteSpec wanted)
    {
        if (record.Phase is MachinePhase.Making or MachinePhase.Kept)
            return false;
        if (record.Server is { } server)
            return wanted.Servers.TryGetValue(record.Name, out var next) && Same(Core(server), Core(next));
        return wanted.Environments.TryGetValue(record.Name, out var environment)
            && Same(Core(record.Environment!), Core(environment));
    }

    // What a VM wrote is worth keeping when it is made anew on the same base, and an IDS VM's (a data base of file hashes, say) with the
    // same packs, whatever their options.
    private static bool StateFits(MachineRecord record, SiteSpec wanted) => record switch
    {
        { Server: { } server } => wanted.Servers.TryGetValue(record.Name, out var next)
            && Identity(server.Machine.Base) == Identity(next.Machine.Base),
        { Environment: { } environment } => wanted.Environments.TryGetValue(record.Name, out var next)
            && Identity(environment.Machine.Base) == Identity(next.Machine.Base)
            && environment.Packs.Select(p => p.Name).SequenceEqual(next.Packs.Select(p => p.Name)),
        _ => false,
    };

    // An image is what its digest says, wherever it lies and whatever it is called.
    private static string Identity(BaseSpec spec) => JsonSerializer.Serialize(
        spec.Image is { } image ? spec with { Image = image with { Layout = "", Tag = null } } : spec, ApiJson.Default.BaseSpec);

    /// <summary>The same health check?</summary>
    internal static bool Same(HealthSpec? left, HealthSpec? right) => left is null || right is null
        ? left == right
        : JsonSerializer.Serialize(left, ApiJson.Default.HealthSpec) == JsonSerializer.Serialize(right, ApiJson.Default.HealthSpec);

    // Published ports, uplinks, which frames are copied, how and when, and health checks are changed on a running machine; when it is to be
    // started matters no more.
    private static ServerSpec Core(ServerSpec server) => server with
    {
        Publish = [],
        Uplink = null,
        DependsOn = [],
        Start = StartMoment.Now,
        StartWithin = TimeSpan.Zero,
        Machine = server.Machine with { Health = null },
    };

    private static EnvironmentSpec Core(EnvironmentSpec environment) => environment with
    {
        Filters = new Dictionary<string, FilterSpec>(),
        Frames = FrameForm.Carried,
        Capture = CaptureMode.Auto,
        Machine = environment.Machine with { Health = null },
    };

    private static bool Same(ServerSpec left, ServerSpec right) =>
        JsonSerializer.Serialize(left, ApiJson.Default.ServerSpec) == JsonSerializer.Serialize(right, ApiJson.Default.ServerSpec);

    private static bool Same(EnvironmentSpec left, EnvironmentSpec right) =>
        JsonSerializer.Serialize(left, ApiJson.Default.EnvironmentSpec)
            == JsonSerializer.Serialize(right, ApiJson.Default.EnvironmentSpec);
}
