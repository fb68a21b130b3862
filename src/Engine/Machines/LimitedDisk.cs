using System.Globalization;
using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Procfs;

namespace HyperSpector.Engine.Machines;

/// <summary>
/// The room for a VM's upper layers where it has a limit (<c>resources: disk</c>): a sparse file with an ext4 file system, mounted by
/// way of a loop device (loop(4)). Unlike project quotas, it needs nothing of the host's own file system, and limits inodes as well.
/// The VM never gets at the device: it cannot write a file system that harms the kernel.
/// </summary>
internal sealed class LimitedDisk(string machine, string state)
{
    // Space that is free inside is given back to the host (discard); an error ends writing, not the host.
    private const string Options = "loop,nodev,nosuid,noatime,discard,errors=remount-ro";

    // A file system that was detached goes when the kernel has ended the VM's last process, a little after the fact.
    private static readonly TimeSpan BusyLimit = TimeSpan.FromSeconds(5);

    private string Image => $"{state}/disk.img";

    /// <summary>Where a VM's upper and work directories are: in its state directory, or below it on a disk of their own.</summary>
    internal static string PlaceOf(string state, long? limit) => limit is null ? state : $"{state}/disk";

    /// <summary>Makes the disk, or makes it larger, and mounts it; without a limit it only sees that there was none before.</summary>
    /// <exception cref="IOException">What there is does not fit what is wanted: one line that says how to mend it.</exception>
    internal void Open(long? limit)
    {
        if (limit is null)
        {
            if (File.Exists(Image))
                throw Refused("what it wrote lies on a disk with a limit; put 'disk' back");
            return;
        }

        if (Directory.Exists($"{state}/upper"))
            throw Refused("what it wrote so far lies outside a limit; take 'disk' out again");
        WaitUntilFree();
        if (File.Exists(Image))
            Grow(limit.Value);
        else
            Make(limit.Value);
        var place = PlaceOf(state, limit);
        PrivateDirectory.Create(place);
        _ = Tool.RunChecked("mount", ["-t", "ext4", "-o", Options, Image, place]);
    }

    /// <summary>Unmounts it, if it is mounted. What it holds stays.</summary>
    internal void Close()
    {
        foreach (var mount in MountInfo.ReadSelf().Where(m => m.MountPoint == $"{state}/disk"))
            _ = Mounts.Detach(mount.MountPoint);
    }

    private void Make(long size)
    {
        // Under another name until it is whole: a crash leaves no half of a file system.
        var draft = Image + ".new";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
            file.SetLength(size);
        File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        // No blocks are kept for root: the VM's root is an ordinary user here.
        _ = Tool.RunChecked("mkfs.ext4", ["-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,nodiscard", draft]);
        File.Move(draft, Image);
    }

    private void Grow(long size)
    {
        var present = new FileInfo(Image).Length;
        if (size < present)
            throw Refused($"its disk has {Size(present)} already and cannot be made smaller; say at least {Size(present)}");
        if (size == present)
            return;
        using (var file = new FileStream(Image, FileMode.Open, FileAccess.Write))
            file.SetLength(size);
        // resize2fs(8) wants a file system that was checked; 1: errors were found and mended (e2fsck(8)).
        var check = Tool.Run("e2fsck", ["-f", "-p", Image]);
        if (check.Status.ShellCode > 1)
            throw new IOException($"{machine}: its disk is damaged, see e2fsck(8) for {Image}: {check.LastErrorLine}");
        _ = Tool.RunChecked("resize2fs", [Image]);
    }

    private void WaitUntilFree()
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (IsInUse())
        {
            if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > BusyLimit)
                throw new IOException($"{machine}: its disk is still in use: losetup -j {Image} and /proc/mounts say by what");
            Thread.Sleep(10);
        }
    }

    // /sys/block/loopN/loop/backing_file is there while the device has one.
    private bool IsInUse()
    {
        foreach (var device in Directory.GetDirectories("/sys/block", "loop*"))
        {
            try
            {
                if (File.ReadAllText($"{device}/loop/backing_file").TrimEnd('\n') == Image)
                    return true;
            }
            catch (IOException)
            {
                // It has none.
            }
        }

        return false;
    }

    private IOException Refused(string what) =>
        new($"{machine}: resources: disk: {what}, or have its files removed by 'hyperspector down' first");

    private static string Size(long bytes) => bytes % (1 << 30) == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes >> 30}G")
        : string.Create(CultureInfo.InvariantCulture, $"{(bytes + (1 << 20) - 1) >> 20}M");
}
