using System.Text.Json;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Machines.Bases;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Machines;

/// <summary>Mounts a VM's root file system: one overlay per part, in place, then the volumes (docs/adr/0002).</summary>
internal sealed partial class RootFileSystem(HostPaths paths, MachinePlan plan, PreparedBase prepared, MachineUser user) : IDisposable
{
    // The index keeps hard links together. Not nfs_export: with it overlayfs copies every lower file up, with fsync, before it
    // deletes it (ovl_need_index in fs/overlayfs/util.c): deleting /usr took minutes and filled the disk. A layer that is to be a
    // lower of other VMs has neither index nor renamed directories, so that it means the same wherever it lies.
    private const string Options = "index=on,redirect_dir=on,metacopy=off,xino=auto";
    private const string PlainOptions = "index=off,redirect_dir=follow,metacopy=off,xino=auto";
    private static readonly TimeSpan BusyLimit = TimeSpan.FromSeconds(5);

    private readonly Dictionary<uint, FileDescriptor> _mappings = [];
    private readonly List<FileDescriptor> _open = [];
    private readonly List<DiskPart> _parts = [];
    private int _staged;

    private string Run => paths.MachineRun(plan.Name);

    private string State => paths.MachineState(plan.Name);

    private string Writable => LimitedDisk.PlaceOf(State, plan.Resources.Disk);

    internal static string RootOf(HostPaths paths, string machine) => $"{paths.MachineRun(machine)}/rootfs";

    /// <summary>Where a part's upper layer is, for a VM whose disk has no limit.</summary>
    internal static string UpperOf(HostPaths paths, string machine, string mount) =>
        $"{paths.MachineState(machine)}/upper/{PathText.PartName(mount)}";

    /// <summary>Mounts everything. What a failure leaves is below the run directory, for <see cref="MachineFactory.Remove"/> to unmount.</summary>
    internal void Mount()
    {
        var root = RootOf(paths, plan.Name);
        _ = Directory.CreateDirectory(root);
        var packs = plan.PackLayers.Select(d => (Directory: d, Layer: PackLayer.Read(d))).ToList();
        var unknown = packs.SelectMany(p => p.Layer.Parts).FirstOrDefault(l => !prepared.Parts.Any(p => p.Mount == l.Mount));
        if (unknown is not null)
            throw new IOException($"a pack layer has a part for {unknown.Mount}, which this base has not: fetch the pack again for this base");

        foreach (var part in prepared.Parts)
        {
            if (part.IsFile)
                MountFile(root, part);
            else
                MountPart(root, part, packs);
        }

        // Outer ones first: a volume may lie in a tmpfs.
        foreach (var tmpfs in plan.Tmpfs.Where(t => !PathText.IsWithin(t.Target, "/dev")).OrderBy(t => t.Target.Length))
            MountTmpfs(root, tmpfs);
        foreach (var mount in plan.Mounts)
            MountVolume(root, mount);
        MountSecrets(root);
        MountViews(root);
        File.WriteAllBytes($"{Run}/{DiskRecord.FileName}", JsonSerializer.SerializeToUtf8Bytes(new DiskRecord(_parts), DiskJson.Default.DiskRecord));
        for (var i = 0; i < _staged; i++)
        {
            _ = Mounts.Detach(Staging(i));
            Directory.Delete(Staging(i));
        }

        if (Directory.Exists($"{Run}/lower"))
            Directory.Delete($"{Run}/lower");
    }

    public void Dispose()
    {
        foreach (var descriptor in _open.Concat(_mappings.Values))
            descriptor.Dispose();
    }

    private void MountPart(string root, BasePart part, IReadOnlyList<(string Directory, PackLayer Layer)> packs)
    {
        var name = PathText.PartName(part.Mount);
        var upper = $"{Writable}/upper/{name}";
        var config = $"{State}/config/{name}";
        var lowers = new List<FileDescriptor> { Open(config) };
        var layers = new List<DiskPartLayer>
        {
            new(upper, LayerKind.Upper, plan.FirstId),
            new(config, LayerKind.Config, plan.FirstId),
        };
        foreach (var (directory, layer) in packs)
        {
            foreach (var piece in layer.Parts.Where(p => p.Mount == part.Mount))
                Add(Path.Join(directory, piece.Dir), LayerKind.Pack, layer.FirstId);
        }

        for (var i = 0; i < part.Lowers.Count; i++)
            Add(part.Lowers[i], i == part.Lowers.Count - 1 ? LayerKind.Base : LayerKind.Hide, part.FirstId);
        _parts.Add(new DiskPart(part.Mount, layers));

        if (!Directory.Exists(upper))
        {
            // The upper's own directory is what the VM sees of the part's root: it looks like the layer below it.
            _ = Directory.CreateDirectory(upper);
            var status = NodeStatus.TryOf($"{State}/config/{name}")!;
            Nodes.Own(upper, status.User, status.Group);
            Nodes.SetMode(upper, status.Permissions);
        }

        var work = $"{Writable}/work/{name}";
        _ = Directory.CreateDirectory(work);
        using var target = part.Mount == "/" ? Open(root) : MountPoint(root, part.Mount, isDirectory: true, followLinks: false);
        Overlay(new OverlayLayers(lowers, Open(upper), Open(work)), target, part.Mount);

        void Add(string directory, LayerKind kind, uint firstId)
        {
            lowers.Add(Stage(directory, firstId));
            layers.Add(new DiskPartLayer(directory, kind, firstId));
        }
    }

    private void Overlay(OverlayLayers layers, FileDescriptor target, string mount)
    {
        var options = plan.Kind == MachineKind.Build ? PlainOptions : Options;
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            var errno = Mounts.TryOverlay(layers, target, $"hyperspector-{plan.Name}", options);
            switch (errno)
            {
                case Errno.None:
                    return;
                // The mounts of the VM's former run go when the kernel has ended its last process, a little after the fact.
                case Errno.EBUSY when System.Diagnostics.Stopwatch.GetElapsedTime(started) < BusyLimit:
                    Thread.Sleep(10);
                    break;
                case Errno.EINVAL when options == Options:
                    options = PlainOptions.Replace("redirect_dir=follow", "redirect_dir=on", StringComparison.Ordinal);
                    break;
                default:
                    throw new KernelException("mount(overlay)", errno, $"{mount} of {plan.Name}");
            }
        }
    }

    private void MountFile(string root, BasePart part)
    {
        using var tree = Clone(part.Lowers[0], readOnly: true, Mapping(0));
        using var target = MountPoint(root, part.Mount, isDirectory: false, followLinks: false);
        Mounts.Attach(tree, target, part.Mount);
    }

    private void MountVolume(string root, BindMount mount)
    {
        var status = NodeStatus.TryOf(Path.GetFullPath(mount.Source)) is null
            ? throw new IOException($"volume {mount.Source}: the host has no such file or directory")
            : NodeStatus.Of(Open(mount.Source));
        using var tree = Clone(mount.Source, mount.ReadOnly, mount.ReadOnly ? Mapping(0) : null);
        using var target = MountPoint(root, PathText.Normal(mount.Target), status.IsDirectory, followLinks: true);
        Mounts.Attach(tree, target, mount.Target);
    }

    // Made by somebody else, who keeps what serves them.
    private void MountViews(string root)
    {
        foreach (var (path, tree) in plan.Views)
        {
            using var target = MountPoint(root, path, isDirectory: true, followLinks: false);
            Mounts.Attach(tree, target, path);
        }
    }

    private static FileDescriptor Clone(string path, bool readOnly, FileDescriptor? mapping)
    {
        try
        {
            return Mounts.Clone(path, new CloneOptions { ReadOnly = readOnly, UserNamespace = mapping });
        }
        catch (KernelException refused) when (refused.Call == "mount_setattr" && refused.Errno == Errno.EINVAL && mapping is not null)
        {
            var source = LiveMounts.Of(Linux.Procfs.MountInfo.ReadSelf(), Path.GetFullPath(path));
            throw new IOException($"{path}: its file system ({source.Type}, mounted at {source.MountPoint}) cannot be idmapped by this kernel");
        }
    }

    // A clone, attached below the run directory until the overlays have made their own clones of it (see Mounts.TryOverlay).
    private FileDescriptor Stage(string directory, uint storedFirst)
    {
        var tree = Clone(directory, readOnly: true, Mapping(storedFirst));
        _open.Add(tree);
        var place = Staging(_staged++);
        _ = Directory.CreateDirectory(place);
        using var target = Beneath.Reference(place)!;
        Mounts.Attach(tree, target, place);
        return tree;
    }

    private string Staging(int number) => $"{Run}/lower/{number}";

    private FileDescriptor Mapping(uint storedFirst)
    {
        if (!_mappings.TryGetValue(storedFirst, out var mapping))
            _mappings[storedFirst] = mapping = IdMapping.Create(storedFirst, plan.FirstId, IdRanges.Size);
        return mapping;
    }

    private FileDescriptor Open(string path)
    {
        var descriptor = Beneath.Reference(path) ?? throw new KernelException("open", Errno.ENOENT, path);
        _open.Add(descriptor);
        return descriptor;
    }

    // A kept upper is the VM's work: a link in it must not lead a mount of ours out of the root file system.
    private FileDescriptor MountPoint(string root, string path, bool isDirectory, bool followLinks)
    {
        using var top = Beneath.Reference(root)!;
        var found = Find(top, path, followLinks);
        if (found is null)
        {
            var parent = Path.GetDirectoryName(path)!;
            using var inside = MountPoint(root, parent, isDirectory: true, followLinks);
            if (isDirectory)
                Nodes.MakeDirectoryIn(inside, Path.GetFileName(path), plan.FirstId);
            else
                Nodes.MakeFileIn(inside, Path.GetFileName(path), plan.FirstId);
            found = Find(top, path, followLinks)
                ?? throw new IOException($"{path} of {plan.Name} is a link that leads nowhere: nothing can be mounted there");
        }

        if (NodeStatus.Of(found).IsDirectory == isDirectory)
            return found;
        found.Dispose();
        throw new IOException($"{path} of {plan.Name} is {(isDirectory ? "no directory" : "no file")}: nothing can be mounted there");
    }

    private static FileDescriptor? Find(FileDescriptor top, string path, bool followLinks) =>
        followLinks ? Beneath.ReferenceInRoot(top, path) : Beneath.ReferenceInRootWithoutLinks(top, path);
}
