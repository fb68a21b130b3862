using System.Text.Json.Serialization;
using HyperSpector.Api.Site;

namespace HyperSpector.Api.Messages;

/// <summary>One step of <c>up</c> or <c>down</c>, streamed as a JSON line while it happens.</summary>
public sealed record ProgressLine
{
    /// <summary>What it is about: <c>web</c>, <c>edge</c>, <c>pack suricata</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>What is done, e.g. <c>create</c>, <c>start</c>, <c>stop</c>, <c>fetch</c>, <c>roll back</c>.</summary>
    public required string Step { get; init; }

    /// <summary><c>running</c>, <c>done</c>, <c>unchanged</c>, <c>failed</c>; on the last line <c>finished</c> or <c>failed</c>.</summary>
    public required string State { get; init; }

    /// <summary>One clear line when it failed, or a detail worth showing.</summary>
    public string? Detail { get; init; }

    /// <summary>Stored <see cref="LogLine"/>s (JSON lines in UTF-8) of a VM that failed: hostile, for the CLI to show.</summary>
    public byte[]? Log { get; init; }

    /// <summary>True on the stream's last line only; its <see cref="State"/> is the outcome.</summary>
    public bool Last { get; init; }
}

/// <summary>A VM as <c>hyperspector ps</c> shows it.</summary>
public sealed record MachineStatus
{
    /// <summary>Name in the YAML file.</summary>
    public required string Name { get; init; }

    /// <summary><c>server</c> or <c>ids</c>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>creating</c>, <c>waiting</c> (for what must be there first), <c>running</c>, <c>restarting</c>, <c>stopped</c>, <c>failed</c>.</summary>
    public required string State { get; init; }

    /// <summary>Pid of its first process in the base; null when it does not run.</summary>
    public int? Pid { get; init; }

    /// <summary>Its addresses on its port; empty for an IDS VM.</summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];

    /// <summary>What is published.</summary>
    public IReadOnlyList<PublishedPort> Publish { get; set; } = [];

    /// <summary>The NIC whose network it is on, or <c>host</c>: everything that arrives for the host is its; null: neither.</summary>
    public string? Uplink { get; init; }

    /// <summary>For an IDS VM: the servers that it watches.</summary>
    public IReadOnlyList<string> Watch { get; set; } = [];

    /// <summary>For an IDS VM: its packs.</summary>
    public IReadOnlyList<string> Packs { get; set; } = [];

    /// <summary>What its health check says, <c>starting</c>, <c>healthy</c> or <c>unhealthy</c>; null: it has none, or does not run.</summary>
    public string? Health { get; init; }

    /// <summary>Since when its first process has run.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>How often it was started again by its restart policy.</summary>
    public int Restarts { get; init; }

    /// <summary>First of its 65,536 user ids in the base.</summary>
    public uint FirstId { get; init; }

    /// <summary>Generation of its lower layer when it was made.</summary>
    public string? Generation { get; init; }

    /// <summary>True when the base has moved on since (design §3): the VM should be made anew.</summary>
    public bool BaseMoved { get; init; }

    /// <summary>One line about the last failure.</summary>
    public string? Problem { get; init; }

    /// <summary>What it uses, in <c>status</c> only; null when it does not run.</summary>
    public ResourceUsage? Usage { get; init; }
}

/// <summary>The identity of a server's port (design §4): received + sent = mirrored + dropped + idle + left out.</summary>
public sealed record MirrorStatus
{
    /// <summary>The watched server.</summary>
    public required string Server { get; init; }

    /// <summary>The environment whose IDS VM gets the copies.</summary>
    public required string Environment { get; init; }

    /// <summary>The interface inside the IDS VM, e.g. <c>mon0</c>.</summary>
    public required string Interface { get; init; }

    /// <summary>Are frames copied now?</summary>
    public bool Active { get; init; }

    /// <summary>How frames are delivered.</summary>
    public FrameForm Frames { get; init; }

    /// <summary>Frames that the server VM received since the port was made.</summary>
    public long Received { get; init; }

    /// <summary>Frames that the server VM sent.</summary>
    public long Sent { get; init; }

    /// <summary>Frames copied.</summary>
    public long Mirrored { get; init; }

    /// <summary>Frames that should have been copied and were not.</summary>
    public long Dropped { get; init; }

    /// <summary>Frames that passed while nobody captured (SW-5).</summary>
    public long Idle { get; init; }

    /// <summary>What its filter says; null: everything is copied.</summary>
    public FilterSpec? Filter { get; init; }

    /// <summary>Frames that passed and were not copied because a filter said so.</summary>
    public long LeftOut { get; init; }

    /// <summary>Of these, those of flows that are not in the sample; the others were left out by rules.</summary>
    public long Unsampled { get; init; }

    /// <summary>Bytes of the frames that were left out.</summary>
    public long LeftOutBytes { get; init; }

    /// <summary>Frames whose copies lost their end.</summary>
    public long Truncated { get; init; }

    /// <summary>Bytes that these copies lost.</summary>
    public long TruncatedBytes { get; init; }

    /// <summary>Frames that the IDS VM sent into the mirror port; all were dropped (SW-4).</summary>
    public long Refused { get; init; }

    /// <summary>Frames that did not pass the server's port, since there was nowhere to copy them to; in none of the other counts.</summary>
    public long Held { get; init; }
}

/// <summary>What <c>hyperspector status</c> shows.</summary>
public sealed record HostStatus
{
    /// <summary>The host's name.</summary>
    public required string Host { get; init; }

    /// <summary>Version of the daemon.</summary>
    public required string Version { get; init; }

    /// <summary>Its VMs.</summary>
    public required IReadOnlyList<MachineStatus> Machines { get; init; }

    /// <summary>Its mirror ports.</summary>
    public required IReadOnlyList<MirrorStatus> Mirrors { get; init; }

    /// <summary>Rules of other programs that drop what is forwarded to and from server VMs, each in words.</summary>
    public IReadOnlyList<string> ForeignRules { get; set; } = [];

    /// <summary>Our processes and whether they live.</summary>
    public required IReadOnlyList<PartStatus> Parts { get; init; }
}

/// <summary>One of our own processes.</summary>
/// <param name="Role"><c>keeper</c>, <c>monitor</c> or <c>reader</c>.</param>
/// <param name="Machine">The VM it serves.</param>
/// <param name="Pid">Its pid; null when it is not there.</param>
/// <param name="Restarts">How often it had to be started again.</param>
public sealed record PartStatus(string Role, string Machine, int? Pid, int Restarts);

/// <summary>What the CLI needs to enter a VM with the runtime's own <c>exec</c>.</summary>
/// <param name="Runtime">Absolute path of the OCI runtime.</param>
/// <param name="Root">Its <c>--root</c>.</param>
/// <param name="ContainerId">The container.</param>
public sealed record ExecTarget(string Runtime, string Root, string ContainerId);

/// <summary>One line that a VM wrote to its standard output or error.</summary>
/// <param name="Time">When our reader got it.</param>
/// <param name="Machine">The VM.</param>
/// <param name="Text">The line, cut at 64 KiB; may hold any characters: escape before printing to a terminal.</param>
public sealed record LogLine(DateTimeOffset Time, string Machine, string Text);

/// <summary>A request to build packs ahead of <c>up</c>.</summary>
/// <param name="Packs">The packs.</param>
/// <param name="Base">The base of the VM that will use them.</param>
public sealed record PackBuildRequest([property: JsonRequired] IReadOnlyList<PackSpec> Packs, [property: JsonRequired] BaseSpec Base);

/// <summary>A failed request.</summary>
/// <param name="Error">One clear line: what, where, and how to mend it.</param>
public sealed record Failure(string Error);

/// <summary>Who answers.</summary>
public sealed record VersionInfo(string Version, string Host, int Pid);
