using HyperSpector.Api.Site;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Machines.Bases;
using HyperSpector.Engine.Machines.Oci;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Procfs;

namespace HyperSpector.Engine.Machines;

/// <summary>Makes, starts and removes VMs: layers, mounts, OCI bundle, runtime. Synchronous; one caller at a time per VM.</summary>
public sealed class MachineFactory
{
    // Root inside a VM is an ordinary user outside, and the runtime's second half runs as it: it must be able to reach the root
    // file system, so the directories on the way may be entered (not listed) by everybody.
    private const UnixFileMode Enterable = PrivateDirectory.Mode | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly HostPaths _paths;
    private readonly Runtime _runtime;
    private readonly string _policyDirectory;
    private readonly Cgroups _cgroups;
    private readonly Lazy<BasePolicy> _basePolicy;

    /// <summary>A factory for one host.</summary>
    /// <param name="paths">Where the host keeps its things.</param>
    /// <param name="runtime">Who starts the VMs.</param>
    /// <param name="policy">Directory of the policies; null: <c>policy/</c> beside the running program.</param>
    public MachineFactory(HostPaths paths, Runtime runtime, string? policy = null)
    {
        _paths = paths;
        _runtime = runtime;
        _policyDirectory = policy ?? Path.Join(AppContext.BaseDirectory, "policy");
        _cgroups = new Cgroups(paths);
        _basePolicy = new Lazy<BasePolicy>(() => BasePolicy.Read(_policyDirectory));
    }

    /// <summary>
    /// Layers, mounts, bundle, and the runtime's <c>create</c>: afterwards the VM's namespaces exist (its network can be configured)
    /// and its first process waits for <see cref="Start"/>. What it did is undone when it fails; an existing upper is kept then.
    /// </summary>
    public CreatedMachine Create(MachinePlan plan)
    {
        var run = _paths.MachineRun(plan.Name);
        var state = _paths.MachineState(plan.Name);
        var hadState = Directory.Exists(state);
        if (MountInfo.ReadSelf().Any(m => m.IsWithin(run)) || Holder(plan.Name) is not null)
            throw new IOException($"{plan.Name}: exists already; remove it first");
        var runtime = plan.Runtime is { } wanted ? RuntimeTrial.Usable(wanted) : _runtime;
        try
        {
            MakeEnterable(_paths.Run);
            MakeEnterable($"{_paths.Run}/vms");
            MakeEnterable(run);
            PrivateDirectory.Create(RootOf(runtime));
            PrivateDirectory.Create(_paths.State);
            PrivateDirectory.Create($"{_paths.State}/vms");
            PrivateDirectory.Create(state);
            new LimitedDisk(plan.Name, state).Open(plan.Resources.Disk);

            var prepared = Prepare(plan);
            var config = $"{state}/config";
            ConfigLayer.Write(plan, prepared, config);
            var user = MountFiles(plan, prepared, config);
            var policies = MachinePolicies.Read(_policyDirectory);
            DeviceNodes.Make(_paths, plan, policies.Devices.For(plan));
            new Bundle(_paths, policies, CgroupSupport.For(plan)).Write(plan, user);
            var fifo = plan.LogFifo ?? $"{run}/log.fifo";
            _ = Nodes.MakeFifo(fifo, 0x1B0 /* 0660 */);
            // The runtime gives it to the VM's user; the group stays, and lets the reader, which has the VM's root's ids, in.
            Nodes.Own(fifo, plan.FirstId, plan.FirstId);
            Nodes.SetMode(fifo, 0x1B0 /* 0660 */);
            using var output = Nodes.OpenFifo(fifo);
            var pid = runtime.Create(RootOf(runtime), _paths.ContainerId(plan.Name), run, output);
            _cgroups.ShareGuarantees();
            // A server is there to serve: an IDS that gets a frame does not interrupt it, it takes its turn. That is less work for
            // both, since frames come in batches then (bench/figure7).
            if (plan.Kind == MachineKind.Ids)
                Scheduling.SetBatch(pid);
            return new CreatedMachine(pid, prepared.Generation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Undo(plan, keepState: hadState);
            throw;
        }
    }

    /// <summary>
    /// Mounts the disk of a VM that does not run, for somebody who looks at it, as it was when it last ran; <see cref="Remove"/> unmounts it,
    /// and what is still held goes when that is let go.
    /// </summary>
    /// <exception cref="IOException">It has written nothing, or it cannot be mounted.</exception>
    internal void MountDisk(MachinePlan plan)
    {
        var state = _paths.MachineState(plan.Name);
        var config = $"{state}/config";
        if (!Directory.Exists(config) || MountInfo.ReadSelf().Any(m => m.IsWithin(_paths.MachineRun(plan.Name))))
            throw new IOException($"{plan.Name}: has nothing to compare yet, or is being started; see 'hyperspector ps'");
        try
        {
            MakeEnterable($"{_paths.Run}/vms");
            MakeEnterable(_paths.MachineRun(plan.Name));
            new LimitedDisk(plan.Name, state).Open(plan.Resources.Disk);
            _ = MountFiles(plan, Prepare(plan), config);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException($"{plan.Name}: its disk cannot be mounted: {refused.Message}", refused);
        }
    }

    private MachineUser MountFiles(MachinePlan plan, PreparedBase prepared, string config)
    {
        var user = new UserLookup([$"{config}/@", .. PackRoots(plan), prepared.Parts[0].Lowers[^1]]).Find(plan.User);
        using var files = new RootFileSystem(_paths, plan, prepared, user);
        files.Mount();
        return user;
    }

    /// <summary>Lets the first process run.</summary>
    public void Start(string name)
    {
        var runtime = Holder(name) ?? throw new IOException($"{name}: no runtime knows of it");
        runtime.Start(RootOf(runtime), _paths.ContainerId(name));
    }

    /// <summary>The runtime that made a VM, and its directory; null if none did.</summary>
    public (string Program, string Root)? RuntimeOf(string name) => Holder(name) is { } runtime ? (runtime.Program, RootOf(runtime)) : null;

    /// <summary>
    /// Ends a VM, or what is left of one after a crash: processes, cgroups, mounts. Its run directory stays, with the pid files of
    /// what serves it, and the FIFO in which its last words wait for the reader. Does nothing if there is nothing.
    /// </summary>
    public void End(string name)
    {
        var run = _paths.MachineRun(name);
        var id = _paths.ContainerId(name);
        KillRuntimes(id);
        foreach (var known in Runtime.Known)
        {
            var root = _paths.RuntimeRootOf(known);
            if (Runtime.Find(known) is { } runtime)
                runtime.Delete(root, id);
            else
                Runtime.Forget(root, id);
            PrivateDirectory.RemoveIfEmpty(root);
        }

        _cgroups.Remove(name);
        _cgroups.ShareGuarantees();
        // Innermost first; one place may carry several.
        foreach (var mount in MountInfo.ReadSelf().Reverse().Where(m => m.IsWithin(run)))
            _ = Mounts.Detach(mount.MountPoint);
        new LimitedDisk(name, _paths.MachineState(name)).Close();
        new BaseStore(_paths).Release(id);
    }

    /// <summary>
    /// <see cref="End"/>, and removes its run directory and, unless <paramref name="keepState"/>, its state directory with the upper
    /// layers.
    /// </summary>
    public void Remove(string name, bool keepState)
    {
        End(name);
        Trees.Remove(_paths.MachineRun(name));
        PrivateDirectory.RemoveIfEmpty($"{_paths.Run}/vms");
        if (keepState)
            return;
        Trees.Remove(_paths.MachineState(name));
        PrivateDirectory.RemoveIfEmpty($"{_paths.State}/vms");
    }

    /// <summary>What the runtime knows about a VM; null if nothing.</summary>
    public MachineProcess? Inspect(string name) =>
        Holder(name) is { } runtime ? runtime.State(RootOf(runtime), _paths.ContainerId(name)) : null;

    /// <summary>Names of all VMs of this host of which anything exists, for a daemon that takes over after a crash.</summary>
    public IReadOnlyList<string> ListLeftovers()
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        names.UnionWith(Children($"{_paths.Run}/vms"));
        names.UnionWith(Children($"{_paths.State}/vms"));
        names.UnionWith(_cgroups.Machines());
        var prefix = _paths.ContainerId("");
        names.UnionWith(Runtime.Known.Select(_paths.RuntimeRootOf).Where(Directory.Exists).SelectMany(Directory.EnumerateFileSystemEntries)
            .Select(e => Path.GetFileName(e).Split("_sandbox:")[0])
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Select(n => n[prefix.Length..]));
        var vms = $"{_paths.Run}/vms/";
        names.UnionWith(MountInfo.ReadSelf().Where(m => m.MountPoint.StartsWith(vms, StringComparison.Ordinal))
            .Select(m => m.MountPoint[vms.Length..].Split('/')[0]));
        return [.. names];

        static IEnumerable<string> Children(string directory) =>
            Directory.Exists(directory) ? Directory.GetDirectories(directory).Select(d => Path.GetFileName(d)) : [];
    }

    /// <summary>The generation a VM with this base would get now.</summary>
    public string CurrentGeneration(BaseSpec spec) => spec switch
    {
        { Host: true } => new HostBase(_paths, _basePolicy.Value).Generation(spec.Allow),
        { Image: { } image } => ImageBase.Generation(image),
        _ => DirectoryBase.Generation(spec.Directory!, _paths),
    };

    /// <summary>File systems that <c>base: host</c> needs and that this kernel cannot idmap, one line each; for <c>doctor</c>.</summary>
    public IReadOnlyList<string> FindUnmappable()
    {
        const uint AnyId = 0x7000_0000;
        using var mapping = Linux.Handles.IdMapping.Create(0, AnyId, IdRanges.Size);
        var problems = new List<string>();
        foreach (var part in new HostBase(_paths, _basePolicy.Value).Plan([]).DistinctBy(p => p.Source.Device))
        {
            try
            {
                Mounts.Clone(part.Mount, new CloneOptions { UserNamespace = mapping }).Dispose();
            }
            catch (KernelException refused)
            {
                problems.Add($"{part.Mount} ({part.Source.Type}, mounted at {part.Source.MountPoint}): {refused.Message}");
            }
        }

        return problems;
    }

    private string RootOf(Runtime runtime) => _paths.RuntimeRootOf(runtime.Name);

    private Runtime? Holder(string name) => Runtime.Known
        .Where(known => Runtime.Has(_paths.RuntimeRootOf(known), _paths.ContainerId(name))).Select(Runtime.Find).FirstOrDefault();

    private PreparedBase Prepare(MachinePlan plan) => plan.Base switch
    {
        { Host: true } => new HostBase(_paths, _basePolicy.Value)
            .Prepare(plan.Base.Allow, new BaseUser(_paths.ContainerId(plan.Name), _paths.MachineRun(plan.Name))),
        { Image: { } image } => ImageBase.Prepare(image, _paths),
        _ => DirectoryBase.Prepare(plan.Base.Directory ?? throw new IOException($"{plan.Name}: no base"), _paths),
    };

    private static IEnumerable<string> PackRoots(MachinePlan plan) => plan.PackLayers
        .SelectMany(d => PackLayer.Read(d).Parts.Where(p => p.Mount == "/").Select(p => Path.Join(d, p.Dir)));

    // The run directory may hold what others have put there, such as the socket that a keeper listens on.
    private void Undo(MachinePlan plan, bool keepState)
    {
        var run = _paths.MachineRun(plan.Name);
        End(plan.Name);
        foreach (var own in (string[])["rootfs", "lower", "devices", "config.json", DiskRecord.FileName, "runtime.log", "init.pid"])
            Trees.Remove($"{run}/{own}");
        if (plan.LogFifo is null)
            Trees.Remove($"{run}/log.fifo");
        PrivateDirectory.RemoveIfEmpty(run);
        PrivateDirectory.RemoveIfEmpty($"{_paths.Run}/vms");
        if (keepState)
            return;
        Trees.Remove(_paths.MachineState(plan.Name));
        PrivateDirectory.RemoveIfEmpty($"{_paths.State}/vms");
    }

    private static void MakeEnterable(string path)
    {
        _ = Directory.CreateDirectory(path, Enterable);
        File.SetUnixFileMode(path, Enterable);
    }

    // A daemon that was killed while the runtime worked leaves it running; it would go on to make what we are about to remove.
    private static void KillRuntimes(string id)
    {
        const int SIGKILL = 9;
        foreach (var directory in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var pid))
                continue;
            using var process = Linux.Handles.PidFd.TryOpen(pid);
            if (process is not null && IsRuntimeOf(directory, id) && process.Signal(SIGKILL))
                _ = process.WaitForEnd(TimeSpan.FromSeconds(2));
        }
    }

    private static bool IsRuntimeOf(string processDirectory, string id)
    {
        try
        {
            var arguments = File.ReadAllText($"{processDirectory}/cmdline").Split('\0');
            return arguments.Contains("--pid-file") && arguments.Contains("create") && arguments.Contains(id);
        }
        catch (IOException)
        {
            // It has ended.
            return false;
        }
    }
}
