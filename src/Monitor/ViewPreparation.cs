using System.Globalization;
using HyperSpector.Engine.Disks.Serving;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Sandbox;

namespace HyperSpector.Monitor;

/// <summary>The first image of who serves the views, as root: keeps one capability, and of all files those that the views show.</summary>
internal static class ViewPreparation
{
    /// <summary>In the place of a number: the keeper is of a version that does not listen for a pulse.</summary>
    internal const string NoPulse = "none";

    /// <summary>Does not return.</summary>
    internal static void Confine(uint user)
    {
        using var policy = Files.OpenRead(Path.Join(AppContext.BaseDirectory, "policy/views-seccomp.json"));
        int disks;
        using (var page = new FileDescriptor(ViewDescriptors.State))
        {
            using var state = new ViewState(new MappedPage(page));
            disks = state.Disks;
            // It stays open; see below.
            page.SetHandleAsInvalid();
        }

        var shown = Enumerable.Range(ViewDescriptors.FirstDisk, disks).Select(n => new FileDescriptor(n)).ToList();
        int[] others =
        [
            ViewDescriptors.Requests, ViewDescriptors.State, ViewDescriptors.ServerFiles, ViewDescriptors.ServerChanges, ViewDescriptors.Plan,
            ViewDescriptors.Nodes, ViewDescriptors.Nodes + 1,
        ];
        var pulseNumber = ViewDescriptors.PulseOf(disks);
        FileDescriptor? pulse = new FileInfo($"/proc/self/fd/{pulseNumber}").LinkTarget is null ? null : new FileDescriptor(pulseNumber);
        new Confinement
        {
            User = user,
            Group = user,
            // The server VM's files have owners and modes of their own. Nothing else of root's: not CAP_SYS_ADMIN, above all.
            Keep = [Capability.CAP_DAC_READ_SEARCH],
            Rules = [.. shown.Select(LandlockRule.ToRead)],
            Descriptors = [.. others.Select(n => new FileDescriptor(n)), .. shown, .. pulse is null ? [] : (FileDescriptor[])[pulse], policy],
            Limits =
            [
                new ResourceLimit(LimitedResource.CoreSize, 0),
                new ResourceLimit(LimitedResource.Descriptors, ViewLimits.Descriptors),
                new ResourceLimit(LimitedResource.LockedMemory, 0),
            ],
        }.Enter(["views", policy.Number.ToString(CultureInfo.InvariantCulture), pulse?.Number.ToString(CultureInfo.InvariantCulture) ?? NoPulse]);
    }
}
