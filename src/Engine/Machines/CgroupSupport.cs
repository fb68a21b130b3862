using HyperSpector.Linux.Procfs;

namespace HyperSpector.Engine.Machines;

/// <summary>Which version of control groups this machine has, and which of them weighs disks.</summary>
/// <param name="Unified">Version 2 alone (cgroups(7)); hybrid machines have their controllers in version 1.</param>
/// <param name="IoWeightFile">Version 2: the file that holds a weight; null: nothing weighs disks, or version 1 does.</param>
/// <param name="WeighsIo">There is an I/O controller with weights, of either version.</param>
internal sealed record CgroupSupport(bool Unified, string? IoWeightFile, bool WeighsIo)
{
    private const string Root = "/sys/fs/cgroup";

    /// <summary>What this machine has; a plan that asks for what it has not fails here, with one line.</summary>
    internal static CgroupSupport For(MachinePlan plan)
    {
        var support = Probe();
        return plan.Resources.IoWeight is null || support.WeighsIo
            ? support
            : throw new IOException(
                $"{plan.Name}: resources: io_weight: nothing on this machine weighs disks; it needs the io controller with the BFQ scheduler on a disk, or iocost");
    }

    internal static CgroupSupport Probe()
    {
        var mounts = MountInfo.ReadSelf();
        if (mounts.Any(m => m.Type == "cgroup2" && m.MountPoint == Root))
        {
            var file = BfqSchedules() ? "io.bfq.weight" : CostModelRuns() ? "io.weight" : null;
            return new(true, file, file is not null);
        }

        // blkio.weight went with the CFQ scheduler (5.0), blkio.bfq.weight is there for every group but the first once BFQ is.
        return new(false, null, mounts.Any(m => m.Type == "cgroup" && m.MountPoint.EndsWith("/blkio", StringComparison.Ordinal)) && BfqSchedules());
    }

    // "mq-deadline kyber [bfq] none": the one in brackets is at work (Documentation/block/switching-sched.rst).
    private static bool BfqSchedules() => Directory.Exists("/sys/block")
        && Directory.GetDirectories("/sys/block").Any(d => Text($"{d}/queue/scheduler").Contains("[bfq]", StringComparison.Ordinal));

    // "8:0 enable=1 ctrl=auto …", one line per device that was set up (cgroup-v2.rst, io.cost.qos).
    private static bool CostModelRuns() => Text($"{Root}/io.cost.qos").Contains("enable=1", StringComparison.Ordinal);

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // Not there, or the device has just gone.
            return "";
        }
    }
}
