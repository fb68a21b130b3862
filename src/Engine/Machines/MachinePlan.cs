using HyperSpector.Api.Site;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Machines;

/// <summary>What a VM is for; decides how narrow its walls are.</summary>
public enum MachineKind
{
    /// <summary>A server VM: what the Internet talks to.</summary>
    Server,

    /// <summary>An IDS VM: reads hostile data, has no network but the environment's.</summary>
    Ids,

    /// <summary>A throw-away VM in which a pack's software is installed; its uppers become a layer.</summary>
    Build,
}

/// <summary>A host path that appears inside a VM.</summary>
/// <remarks>
/// Read-only ones are idmapped: files keep the owners they have on the host. Writable ones are not: what the VM writes belongs to
/// its shifted ids on the host, so that its root can never leave a set-user-id file of the host's root there.
/// </remarks>
/// <param name="Source">Directory or file of the host, absolute.</param>
/// <param name="Target">Where it appears, absolute; made if it does not exist.</param>
/// <param name="ReadOnly">Refuse every change.</param>
public sealed record BindMount(string Source, string Target, bool ReadOnly);

/// <summary>A file of the VM's own configuration layer: a lower layer, so the VM can change it (in its upper) but not ours.</summary>
/// <param name="Path">Absolute path inside the VM.</param>
/// <param name="Content">Its text.</param>
/// <param name="Mode">Permission bits; default 0644.</param>
public sealed record GeneratedFile(string Path, string Content, int Mode = 0x1A4);

/// <summary>Everything that is needed to make one VM.</summary>
public sealed record MachinePlan
{
    /// <summary>Its name, unique on the host.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public required MachineKind Kind { get; init; }

    /// <summary>First of its 65,536 user and group ids in the base; never shared with another VM.</summary>
    public required uint FirstId { get; init; }

    /// <summary>The lowest layer.</summary>
    public required BaseSpec Base { get; init; }

    /// <summary>Directories made by <see cref="LayerStore.Seal"/>, the top one first.</summary>
    public IReadOnlyList<string> PackLayers { get; init; } = [];

    /// <summary>The first process: program and arguments. The program may be a bare name, looked up in PATH inside.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Its environment; PATH and HOME have defaults.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary><c>name</c>, <c>uid</c>, <c>name:group</c> or <c>uid:gid</c>, looked up in the VM's lower layers; null: root.</summary>
    public string? User { get; init; }

    /// <summary>Where the first process starts.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Host name inside; null: the VM's name.</summary>
    public string? Hostname { get; init; }

    /// <summary>Volumes.</summary>
    public IReadOnlyList<BindMount> Mounts { get; init; } = [];

    /// <summary>File systems in memory, mounted before the volumes; <c>/dev/shm</c> sets the size of the one that every VM has.</summary>
    public IReadOnlyList<TmpfsSpec> Tmpfs { get; init; } = [];

    /// <summary>Limits of every process.</summary>
    public IReadOnlyList<UlimitSpec> Ulimits { get; init; } = [];

    /// <summary>Capabilities beyond the usual ones.</summary>
    public IReadOnlyList<string> CapAdd { get; init; } = [];

    /// <summary>Usual capabilities that it does without, or ALL.</summary>
    public IReadOnlyList<string> CapDrop { get; init; } = [];

    /// <summary>Device nodes.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Files of the host that appear below /run/secrets, for <see cref="User"/> only.</summary>
    public IReadOnlyList<SecretSpec> Secrets { get; init; } = [];

    /// <summary>Further files of the configuration layer; hostname, hosts and resolv.conf have defaults that these replace.</summary>
    public IReadOnlyList<GeneratedFile> Files { get; init; } = [];

    /// <summary>Name of the OCI runtime; null: the usual one.</summary>
    public string? Runtime { get; init; }

    /// <summary>Limits.</summary>
    public ResourceSpec Resources { get; init; } = new();

    /// <summary>CAP_NET_ADMIN over its own network namespace.</summary>
    public bool NetAdmin { get; init; }

    /// <summary>Unix socket on which the keeper takes the seccomp listener; opening a packet socket is then reported there.</summary>
    public string? SeccompListener { get; init; }

    /// <summary>Detached mounts of ours, and where they are put: an IDS VM's views of its servers.</summary>
    public IReadOnlyList<(string Target, FileDescriptor Tree)> Views { get; init; } = [];

    /// <summary>FIFO that gets what the VM writes to its standard output and error; made if missing. Default: <c>log.fifo</c> in its run dir.</summary>
    public string? LogFifo { get; init; }
}

/// <summary>A VM that is ready to start: its namespaces exist, its first process waits.</summary>
/// <param name="Pid">The first process, in the base's pid namespace.</param>
/// <param name="Generation">Generation of the lowest layer.</param>
public sealed record CreatedMachine(int Pid, string Generation);

/// <summary>What the runtime knows about a VM.</summary>
/// <param name="Status"><c>created</c>, <c>running</c>, <c>stopped</c> …</param>
/// <param name="Pid">The first process; 0 when there is none.</param>
public sealed record MachineProcess(string Status, int Pid);
