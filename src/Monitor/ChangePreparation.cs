using System.Globalization;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Disks.Serving;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Sandbox;

namespace HyperSpector.Monitor;

/// <summary>The first image of who lists a server VM's changes, as root: keeps one capability, and of all files the layers of that VM.</summary>
internal static class ChangePreparation
{
    /// <summary>Does not return.</summary>
    internal static void Confine(uint user)
    {
        using var policy = Files.OpenRead(Path.Join(AppContext.BaseDirectory, "policy/changes-seccomp.json"));
        var planFile = new FileDescriptor(ChangeDescriptors.Plan);
        var plan = ChangeServing.ReadPlan(planFile);
        var shown = Enumerable.Range(ChangeDescriptors.FirstDisk, plan.Disk.Descriptors).Select(n => new FileDescriptor(n)).ToList();
        new Confinement
        {
            User = user,
            Group = user,
            // The server VM's files have owners and modes of their own. Nothing else of root's: not CAP_SYS_ADMIN, above all.
            Keep = [Capability.CAP_DAC_READ_SEARCH],
            Rules = [.. Readable(plan, shown).Select(LandlockRule.ToRead)],
            Descriptors = [new FileDescriptor(ChangeDescriptors.Requests), planFile, .. shown, policy],
            Limits =
            [
                new ResourceLimit(LimitedResource.CoreSize, 0),
                new ResourceLimit(LimitedResource.Descriptors, ChangeDescriptors.Limit),
                new ResourceLimit(LimitedResource.LockedMemory, 0),
            ],
            // The server VM decides how much there is to do; whoever serves comes first.
            Nice = 5,
        }.Enter(["changes", policy.Number.ToString(CultureInfo.InvariantCulture)]);
    }

    // Of a union mount the layers alone: the merged mount is only looked at, by reference.
    private static IEnumerable<FileDescriptor> Readable(ChangePlan plan, List<FileDescriptor> shown)
    {
        var next = 0;
        foreach (var mount in plan.Disk.Mounts)
        {
            if (mount.Layers.Count == 0)
                yield return shown[next];
            next++;
            for (var i = 0; i < mount.Layers.Count; i++)
                yield return shown[next++];
        }
    }
}
