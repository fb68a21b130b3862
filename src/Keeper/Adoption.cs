using System.Diagnostics;
using System.Globalization;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Mediator;
using HyperSpector.Engine.Mediator.Wire;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Keeper;

/// <summary>
/// A keeper that was killed leaves a monitor that serves on. The next keeper copies that monitor's descriptors
/// (pidfd_getfd(2)) and then puts its own child in the monitor's place. The kernel queues notifications while any descriptor of
/// their listener is open, and the one being answered stays in the page: nothing is lost.
/// </summary>
/// <remarks>
/// If the monitor was killed too, the listeners are gone: processes under their filters get ENOSYS for what is trapped, for as
/// long as they live; commands started later in the VM bring a listener of their own. Captures that run go on, since a mirror's
/// flag lives in its BPF map; the daemon hands in maps and diag socket again.
/// </remarks>
internal static class Adoption
{
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(2);

    /// <summary>Takes over from a living monitor, if there is one, and ends it.</summary>
    /// <returns>How many descriptors were taken.</returns>
    internal static int Adopt(MediatorPaths run, Holdings holdings, Func<FileDescriptor, bool> addListener)
    {
        using var monitor = PartProcess.Find(run.MonitorPid);
        if (monitor is null)
            return 0;
        WaitUntilSettled(monitor);
        var mirrors = MirrorsFile.Read(run.Mirrors);
        var taken = 0;
        foreach (var (number, link) in Descriptors(monitor.Pid))
        {
            if (!IsWanted(link))
                continue;
            var descriptor = monitor.Process.TryGetDescriptor(number);
            if (descriptor is null)
                continue;
            if (Keep(descriptor, link, holdings, mirrors, addListener))
                taken++;
            else
                descriptor.Dispose();
        }

        // At any moment: see InFlight. Not before we hold everything, and our own child must not start before it is gone.
        const int SIGKILL = 9;
        _ = monitor.Process.Signal(SIGKILL);
        _ = monitor.Process.WaitForEnd(Timeout.InfiniteTimeSpan);
        return taken;
    }

    /// <summary>Takes over from a living process that serves the views, if there is one, and ends it.</summary>
    internal static bool AdoptViews(MediatorPaths run, ViewHoldings shown)
    {
        using var views = PartProcess.Find(run.ViewsPid);
        if (views is null)
            return false;
        var taken = shown.TryAdopt(number => views.Process.TryGetDescriptor(number));
        const int SIGKILL = 9;
        _ = views.Process.Signal(SIGKILL);
        _ = views.Process.WaitForEnd(ViewProcess.UntilSuccessor);
        return taken;
    }

    // The last keeper may have been killed while its monitor was starting, with descriptors under way in the socket pair. The
    // monitor closes its end when it has read everything up to the end.
    private static void WaitUntilSettled(PartProcess monitor)
    {
        var control = new FileInfo($"/proc/{monitor.Pid}/fd/{MonitorProcess.ControlNumber}");
        var started = Stopwatch.GetTimestamp();
        while (control.LinkTarget is not null && Stopwatch.GetElapsedTime(started) < SettleLimit)
        {
            Thread.Sleep(1);
            control.Refresh();
        }
    }

    private static IEnumerable<(int Number, string Link)> Descriptors(int pid)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd"))
        {
            // It may be closed meanwhile: the monitor serves on.
            if (int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var number)
                && new FileInfo(path).LinkTarget is { } link)
            {
                yield return (number, link);
            }
        }
    }

    // A .NET link target that is relative (socket:[1]) comes back as it is.
    private static bool IsWanted(string link) =>
        link is SeccompListener.LinkTarget or MirrorsFile.MapLink
        || link == Holdings.InFlightLink
        || link.StartsWith("socket:[", StringComparison.Ordinal);

    private static bool Keep(
        FileDescriptor descriptor, string link, Holdings holdings, Dictionary<uint, ControlMessage> mirrors,
        Func<FileDescriptor, bool> addListener)
    {
        // The number may have been closed and used again between the look and the copy: what we hold counts.
        var actual = new FileInfo(descriptor.ProcPath).LinkTarget;
        if (actual != link)
            return false;
        if (link == SeccompListener.LinkTarget)
            return addListener(descriptor);
        if (link == Holdings.InFlightLink)
        {
            holdings.SetInFlight(descriptor);
            return true;
        }

        if (link == MirrorsFile.MapLink)
        {
            if (!mirrors.TryGetValue(MirrorsFile.MapId(descriptor), out var mirror))
                return false;
            holdings.SetMirror(mirror.Slot, new HeldMirror(descriptor, mirror.InterfaceIndex, mirror.Always));
            return true;
        }

        if (!NetlinkSocket.IsNetlink(descriptor))
            return false;
        holdings.SetDiagSocket(descriptor);
        return true;
    }
}
