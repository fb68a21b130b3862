using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Machines.Oci;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Machines;

/// <summary>
/// Device nodes of a VM. Not the host's own: those belong to users that the VM has not, and what the VM's root did to them (a mode,
/// an owner) would hold on the host. Ours lie on a file system of the VM's own, below its run directory.
/// </summary>
internal static class DeviceNodes
{
    /// <summary>Makes the nodes; the runtime binds them into the VM's <c>/dev</c>.</summary>
    internal static void Make(HostPaths paths, MachinePlan plan, IReadOnlyList<DeviceRow> devices)
    {
        if (devices.Count == 0)
            return;
        var directory = DirectoryOf(paths, plan.Name);
        _ = Directory.CreateDirectory(directory);
        using (var target = Beneath.Reference(directory)!)
            Mounts.Memory(target, $"hyperspector-{plan.Name}", "tmpfs", "mode=0711,size=64k", devices: true);
        foreach (var device in devices)
        {
            var path = PathOf(paths, plan.Name, device);
            Nodes.MakeCharacterDevice(path, device.Major, device.Minor);
            Nodes.Own(path, plan.FirstId, plan.FirstId);
            // As distributions have them: whoever is in the VM may use what the VM was given.
            Nodes.SetMode(path, 0x1B6 /* 0666 */);
        }
    }

    /// <summary>Where a VM's node lies on the base.</summary>
    internal static string PathOf(HostPaths paths, string machine, DeviceRow device) =>
        $"{DirectoryOf(paths, machine)}/{device.Major}-{device.Minor}";

    private static string DirectoryOf(HostPaths paths, string machine) => $"{paths.MachineRun(machine)}/devices";
}
