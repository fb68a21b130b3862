using System.Text.Json.Serialization;

namespace HyperSpector.Api.Site;

/// <summary>
/// What one <c>hyperspector.yaml</c> asks for on this host, already validated by the CLI. Sent whole to the daemon, which
/// makes the host match it. Names of servers and environments share one name space.
/// </summary>
public sealed record SiteSpec
{
    /// <summary>The server VMs by name.</summary>
    public required IReadOnlyDictionary<string, ServerSpec> Servers { get; init; }

    /// <summary>The HyperSpector environments by name; each has one IDS VM on this host (MOD-2).</summary>
    public required IReadOnlyDictionary<string, EnvironmentSpec> Environments { get; init; }
}

/// <summary>A server VM (§4.2 of the paper).</summary>
public sealed record ServerSpec
{
    /// <summary>Of a server that says nothing else.</summary>
    public static readonly TimeSpan StartWithinUsually = TimeSpan.FromMinutes(2);

    /// <summary>What the machine is made of.</summary>
    public required MachineSpec Machine { get; init; }

    /// <summary>Ports of the base network that lead into this VM.</summary>
    public IReadOnlyList<PublishedPort> Publish { get; set; } = [];

    /// <summary>Where it meets the outside beside its published ports; null: nowhere.</summary>
    public UplinkSpec? Uplink { get; init; }

    /// <summary>Other servers that must be there first.</summary>
    public IReadOnlyList<DependencySpec> DependsOn { get; set; } = [];

    /// <summary>When it is started.</summary>
    public StartMoment Start { get; init; }

    /// <summary>Longest that <c>up</c> waits for what must be there first.</summary>
    public TimeSpan StartWithin { get; set; } = StartWithinUsually;
}

/// <summary>A HyperSpector environment, as far as this host is concerned: its IDS VM (§4.1 of the paper).</summary>
public sealed record EnvironmentSpec
{
    /// <summary>The IDS VM. With packs, <see cref="MachineSpec.Run"/> is one more command beside theirs, or empty.</summary>
    public required MachineSpec Machine { get; init; }

    /// <summary>The server VMs that it watches, in the order of the file (slots of shadow PIDs, names of mirror ports).</summary>
    public IReadOnlyList<string> Watch { get; set; } = [];

    /// <summary>What the mirrors of some of them leave out, by server.</summary>
    public IReadOnlyDictionary<string, FilterSpec> Filters { get; set; } = new Dictionary<string, FilterSpec>();

    /// <summary>The packs, resolved.</summary>
    public IReadOnlyList<PackSpec> Packs { get; set; } = [];

    /// <summary>How frames arrive at the mirror port.</summary>
    public FrameForm Frames { get; init; }

    /// <summary>When frames are copied.</summary>
    public CaptureMode Capture { get; init; }

    /// <summary>Give the IDS VM CAP_NET_ADMIN over its own network namespace.</summary>
    public bool NetAdmin { get; init; }
}

/// <summary>How frames are delivered to <c>mon0</c> (design §4).</summary>
public enum FrameForm
{
    /// <summary>As the server's port carries them: GSO super-packets, partial checksums flagged as such.</summary>
    Carried,

    /// <summary>Segmented to the MTU with full checksums, as on a wire.</summary>
    Wire,
}

/// <summary>When frames are copied to the mirror port (SW-5).</summary>
public enum CaptureMode
{
    /// <summary>While a packet socket is open in the IDS VM.</summary>
    Auto,

    /// <summary>Always.</summary>
    Always,
}

/// <summary>What both kinds of VM have in common.</summary>
public sealed record MachineSpec
{
    /// <summary>The lower layer of the file system.</summary>
    public required BaseSpec Base { get; init; }

    /// <summary>The command line of the VM's first process; may be empty for an IDS VM that runs packs.</summary>
    public IReadOnlyList<string> Run { get; set; } = [];

    /// <summary>Environment variables of the command.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();

    /// <summary>User of the command, <c>name</c>, <c>uid</c>, <c>name:group</c> or <c>uid:gid</c>, resolved inside the VM; null: root.</summary>
    public string? User { get; init; }

    /// <summary>Working directory inside the VM.</summary>
    public string WorkingDirectory { get; set; } = "/";

    /// <summary>Host directories or files that appear inside.</summary>
    public IReadOnlyList<VolumeSpec> Volumes { get; set; } = [];

    /// <summary>The OCI runtime that starts it; null: runc, or crun where runc is absent.</summary>
    public string? Runtime { get; init; }

    /// <summary>Signal that asks the first process to end, by name, some time before it is killed; null: killed at once.</summary>
    public string? StopSignal { get; init; }

    /// <summary>What happens when the first process ends.</summary>
    public RestartPolicy Restart { get; init; }

    /// <summary>Limits, weights and guarantees.</summary>
    public ResourceSpec Resources { get; set; } = new();

    /// <summary>File systems in memory.</summary>
    public IReadOnlyList<TmpfsSpec> Tmpfs { get; set; } = [];

    /// <summary>Limits of every process.</summary>
    public IReadOnlyList<UlimitSpec> Ulimits { get; set; } = [];

    /// <summary>Capabilities beyond the usual ones, <c>CAP_…</c>; each is one that policy/capabilities.json lets be added.</summary>
    public IReadOnlyList<string> CapAdd { get; set; } = [];

    /// <summary>Usual capabilities that it does without, <c>CAP_…</c>, or <c>ALL</c>.</summary>
    public IReadOnlyList<string> CapDrop { get; set; } = [];

    /// <summary>Device nodes by their usual paths, each of policy/devices.json.</summary>
    public IReadOnlyList<string> Devices { get; set; } = [];

    /// <summary>Files that only the VM's user may read.</summary>
    public IReadOnlyList<SecretSpec> Secrets { get; set; } = [];

    /// <summary>How its health is checked; null: not at all.</summary>
    public HealthSpec? Health { get; init; }
}

/// <summary>A lower layer: exactly one of <see cref="Host"/>, <see cref="Directory"/> and <see cref="Image"/> is set.</summary>
public sealed record BaseSpec
{
    /// <summary>The host's own system, less its secrets (<c>base: host</c>).</summary>
    public bool Host { get; init; }

    /// <summary>With <see cref="Host"/>: more paths of the host that this VM may read.</summary>
    public IReadOnlyList<string> Allow { get; set; } = [];

    /// <summary>A directory that holds a root file system, absolute.</summary>
    public string? Directory { get; init; }

    /// <summary>An image of an OCI image layout.</summary>
    public ImageSpec? Image { get; init; }
}

/// <summary>A volume. <paramref name="Source"/> and <paramref name="Target"/> are absolute.</summary>
public sealed record VolumeSpec([property: JsonRequired] string Source, [property: JsonRequired] string Target, bool ReadOnly);

/// <summary>A published port: <c>[address:]host:vm[/protocol]</c>.</summary>
/// <param name="Address">Address of the base to listen on; null for all, IPv4 and IPv6.</param>
/// <param name="HostPort">1–65535.</param>
/// <param name="MachinePort">1–65535.</param>
/// <param name="Protocol"><c>tcp</c> or <c>udp</c>.</param>
public sealed record PublishedPort(string? Address, [property: JsonRequired] int HostPort, [property: JsonRequired] int MachinePort, [property: JsonRequired] string Protocol);

/// <summary>When a VM's first process is started again.</summary>
public enum RestartPolicy
{
    /// <summary>Whenever it ends.</summary>
    Always,

    /// <summary>When it ends with a failure.</summary>
    OnFailure,

    /// <summary>Never.</summary>
    No,
}

/// <summary>Limits of a VM (null means unlimited), and its part of what all VMs share (null means as everybody).</summary>
public sealed record ResourceSpec
{
    /// <summary>Processors, e.g. 1.5.</summary>
    public double? Cpus { get; init; }

    /// <summary>Bytes of memory.</summary>
    public long? Memory { get; init; }

    /// <summary>Processes and threads.</summary>
    public int? Pids { get; set; } = 4096;

    /// <summary>Share of the processors where they are short, 1–10000; everybody's is 100.</summary>
    public int? CpuWeight { get; init; }

    /// <summary>Share of the disks where they are short, 10–1000; everybody's is 100.</summary>
    public int? IoWeight { get; init; }

    /// <summary>Bytes of memory that are left to it as long as others have some to give.</summary>
    public long? MemoryReservation { get; init; }

    /// <summary>Bytes that it may have written to its own files, volumes aside.</summary>
    public long? Disk { get; init; }
}
