using HyperSpector.Api.Plans;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks.Serving;

/// <summary>From a plan and the descriptors that came with it to what is shown.</summary>
internal static class ViewAssembly
{
    /// <summary>For <c>/.serverfs</c>: everything.</summary>
    /// <exception cref="IOException">The plan and the descriptors do not fit together.</exception>
    internal static IReadOnlyList<ServerDisk> Whole(ViewPlan plan, IReadOnlyList<FileDescriptor> descriptors, ILayerMarks marks) =>
        Assemble(plan, descriptors, marks, onlyUpper: false);

    /// <summary>For <c>/.dserverfs</c>: the upper layer of each union mount alone, as the file system of the host has it.</summary>
    internal static IReadOnlyList<ServerDisk> Changes(ViewPlan plan, IReadOnlyList<FileDescriptor> descriptors, ILayerMarks marks) =>
        Assemble(plan, descriptors, marks, onlyUpper: true);

    private static List<ServerDisk> Assemble(
        ViewPlan plan, IReadOnlyList<FileDescriptor> descriptors, ILayerMarks marks, bool onlyUpper)
    {
        if (plan.Disks.Sum(d => d.Descriptors) != descriptors.Count)
            throw new IOException("the plan of the views and its descriptors do not fit together");
        var next = 0;
        var disks = new List<ServerDisk>();
        foreach (var disk in plan.Disks)
        {
            var mounts = new List<DiskMount>();
            foreach (var mount in disk.Mounts)
            {
                var merged = descriptors[next++];
                var layers = mount.Layers.Select(kind => new DiskLayer(kind, descriptors[next++])).ToList();
                if (!onlyUpper)
                    mounts.Add(new DiskMount(mount.Path, merged, layers));
                else if (layers.FirstOrDefault(l => l.Kind == LayerKind.Upper) is { } upper)
                    mounts.Add(new DiskMount(mount.Path, upper.Root, [upper]));
            }

            disks.Add(new ServerDisk(disk.Name, disk.Generation, new IdTranslation(disk.FirstId, disk.ShownFirstId), mounts, marks) { Directory = disk.Directory });
        }

        return disks;
    }
}
