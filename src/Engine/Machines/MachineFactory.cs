using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;

namespace HyperSpector.Engine.Machines;

/// <summary>Makes, starts and removes VMs: layers, mounts, OCI bundle, runtime. Synchronous; one caller at a time per VM.</summary>
public sealed class MachineFactory
{
    private readonly HostPaths _paths;
    private readonly Runtime _runtime;

    /// <summary>A factory for one host.</summary>
    /// <param name="paths">Where the host keeps its things.</param>
    /// <param name="runtime">Who starts the VMs.</param>
    /// <param name="policy">Directory of the policies; null: <c>policy/</c> beside the running program.</param>
    public MachineFactory(HostPaths paths, Runtime runtime, string? policy = null)
    {
        _paths = paths;
        _runtime = runtime;
        PolicyDirectory = policy ?? Path.Join(AppContext.BaseDirectory, "policy");
    }

    private string PolicyDirectory { get; }

    /// <summary>
    /// Layers, mounts, bundle, and the runtime's <c>create</c>: afterwards the VM's namespaces exist (its network can be configured)
    /// and its first process waits for <see cref="Start"/>. What it did is undone when it fails; an existing upper is kept then.
    /// </summary>
    public CreatedMachine Create(MachinePlan plan) => throw new NotImplementedException();

    /// <summary>Lets the first process run.</summary>
    public void Start(string name) => throw new NotImplementedException();

    /// <summary>
    /// Ends a VM and removes every trace, or what is left of one after a crash: processes, cgroups, mounts, run directory and,
    /// unless <paramref name="keepState"/>, its state directory with the upper layers. Does nothing if there is nothing.
    /// </summary>
    public void Remove(string name, bool keepState) => throw new NotImplementedException();

    /// <summary>What the runtime knows about a VM; null if nothing.</summary>
    public MachineProcess? Inspect(string name) => throw new NotImplementedException(_runtime.Program);

    /// <summary>Names of all VMs of this host of which anything exists, for a daemon that takes over after a crash.</summary>
    public IReadOnlyList<string> ListLeftovers() => throw new NotImplementedException(_paths.Name);

    /// <summary>The generation a VM with this base would get now.</summary>
    public string CurrentGeneration(BaseSpec spec) => throw new NotImplementedException(PolicyDirectory);
}
