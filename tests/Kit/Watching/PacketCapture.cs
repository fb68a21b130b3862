using System.Globalization;
using System.Text.RegularExpressions;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>An unmodified tcpdump that writes every frame of a watch point to a file.</summary>
public sealed partial class PacketCapture : IDisposable
{
    private readonly WatchPoint _point;
    private readonly string _directory;
    private readonly Background _tcpdump;

    /// <summary>Starts it, and returns once it listens.</summary>
    public PacketCapture(WatchPoint point)
    {
        _point = point;
        _directory = point.MakeDirectory();
        // -Z root: it may write where root made a directory. -B: room for a burst. No name is looked up (-n).
        _tcpdump = point.Start(
            $"{_directory}/pid", "tcpdump", "-i", point.Interface, "-n", "-s", "262144", "-B", "65536", "-Z", "root", "-w", $"{_directory}/frames.pcap");
        _tcpdump.WaitFor("listening on");
    }

    /// <summary>Ends it and reads what it wrote. A frame that the kernel had to drop is an error: the comparison would mean nothing.</summary>
    public IReadOnlyList<CapturedFrame> Finish()
    {
        // What is still in the kernel's ring is written within a second (the block's timeout).
        Thread.Sleep(1200);
        _point.Interrupt($"{_directory}/pid", _tcpdump);
        var dropped = DroppedLine().Match(_tcpdump.Output);
        if (!dropped.Success || int.Parse(dropped.Groups[1].Value, CultureInfo.InvariantCulture) != 0)
            throw new IOException($"{_point.Name}: tcpdump lost frames, run the test again on a quieter machine: {_tcpdump.Output}");
        return PcapFile.Parse(_point.Read($"{_directory}/frames.pcap"));
    }

    public void Dispose()
    {
        _tcpdump.Dispose();
        _point.RemoveDirectory(_directory);
    }

    [GeneratedRegex(@"(\d+) packets? dropped by kernel")]
    private static partial Regex DroppedLine();
}
