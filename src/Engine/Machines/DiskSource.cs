using System.Text.Json;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Machines.Bases;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Procfs;

namespace HyperSpector.Engine.Machines;

/// <summary>
/// Opens the mounts of a running server VM, and their layers, for those who show them: private clones that leave no trace, so that
/// nothing that is done with them can be told from inside the VM.
/// </summary>
internal static class DiskSource
{
    private const int GeneratedDepth = 64;

    /// <summary>Its root file system is mounted: it runs, or is about to.</summary>
    internal static bool IsMounted(HostPaths paths, string machine) => MountInfo.IsMountPoint(RootFileSystem.RootOf(paths, machine));

    /// <summary>All mounts but the secrets: an IDS has no business with those.</summary>
    /// <param name="paths">The host's.</param>
    /// <param name="machine">The server VM's name.</param>
    /// <param name="firstId">First of its ids.</param>
    /// <param name="generation">Of its base; the plan names that of all its lower layers.</param>
    /// <param name="shownFirstId">First id of the IDS VM.</param>
    /// <param name="into">Gets the descriptors, in the order that <see cref="ViewPlan"/> names; the caller closes them.</param>
    internal static DiskPlan Open(
        HostPaths paths, string machine, uint firstId, string generation, uint shownFirstId, List<FileDescriptor> into)
    {
        var root = RootFileSystem.RootOf(paths, machine);
        var parts = Read(paths, machine).Parts.ToDictionary(p => p.Mount);
        using var mapping = new Mappings(firstId);
        using var top = Beneath.Reference(root) ?? throw new IOException($"{machine}: its root file system is not mounted");
        var plans = new List<DiskMountPlan>();
        using var lowers = new Generation().Add(generation);
        foreach (var mount in MountInfo.ReadSelf().Where(m => m.IsWithin(root)).Select(m => m.MountPoint).Distinct())
        {
            var path = mount == root ? "/" : mount[root.Length..];
            if (path == RootFileSystem.SecretsPath)
                continue;
            using var place = Beneath.ReferenceInRootWithoutLinks(top, path);
            // The VM has moved what it is mounted on: nobody gets there by that path.
            if (place is null)
                continue;
            into.Add(Mounts.Clone(place.ProcPath, CloneOptions.Look));
            var layers = parts.GetValueOrDefault(path)?.Layers ?? [];
            foreach (var layer in layers)
            {
                into.Add(Mounts.Clone(layer.Directory, CloneOptions.Look with { UserNamespace = mapping.For(layer.FirstId) }));
                // That of the base is known; packs' layers are made once and never changed; what is generated for a VM is small.
                if (layer.Kind is LayerKind.Config or LayerKind.Hide or LayerKind.Pack)
                    _ = lowers.AddTree(layer.Directory, "", layer.Kind == LayerKind.Pack ? 0 : GeneratedDepth).Add(layer.Directory);
            }

            plans.Add(new DiskMountPlan(path, [.. layers.Select(l => l.Kind)]));
        }

        return new DiskPlan
        {
            Name = machine,
            Generation = lowers.Finish(),
            FirstId = firstId,
            ShownFirstId = shownFirstId,
            Mounts = [.. plans.Take(DiskPlan.MountLimit)],
        };
    }

    private static DiskRecord Read(HostPaths paths, string machine)
    {
        var path = $"{paths.MachineRun(machine)}/{DiskRecord.FileName}";
        return JsonSerializer.Deserialize(File.ReadAllBytes(path), DiskJson.Default.DiskRecord)
            ?? throw new IOException($"{path}: is empty");
    }

    private sealed class Mappings(uint to) : IDisposable
    {
        private readonly Dictionary<uint, FileDescriptor> _made = [];

        /// <summary>From ids on disk to the VM's; null: they are the VM's already.</summary>
        internal FileDescriptor? For(uint from)
        {
            if (from == to)
                return null;
            if (!_made.TryGetValue(from, out var mapping))
                _made[from] = mapping = IdMapping.Create(from, to, IdRanges.Size);
            return mapping;
        }

        public void Dispose()
        {
            foreach (var mapping in _made.Values)
                mapping.Dispose();
        }
    }
}
