using System.Buffers.Binary;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>An unmodified tcpdump that writes what an interface shows it.</summary>
internal sealed class Capture : IDisposable
{
    private readonly string _file = Path.Join(Path.GetTempPath(), $"hs-capture-{Guid.NewGuid():N}.pcap");
    private readonly string _said;
    private readonly ChildProcess _tcpdump;
    private bool _stopped;

    /// <param name="machine">Where.</param>
    /// <param name="link">Which interface.</param>
    /// <param name="longest">Longest frame; in immediate mode every slot of tcpdump's buffer is as large.</param>
    internal Capture(FakeMachine machine, string link, int longest = 66_000)
    {
        _said = _file + ".txt";
        using var said = File.OpenHandle(_said, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        _tcpdump = machine.Run(() => Spawn.Start(new SpawnRequest
        {
            Program = Tool.Find("tcpdump")!,
            Arguments = ["-i", link, "-w", _file, "-s", $"{longest}", "-B", "131072", "-n", "-U", "-Z", "root", "--immediate-mode"],
            Descriptors = [(0, said), (1, said), (2, said)],
        }));
        var deadline = Environment.TickCount64 + 10_000;
        while (!File.ReadAllText(_said).Contains("listening on", StringComparison.Ordinal) && Environment.TickCount64 < deadline)
            Thread.Sleep(2);
    }

    /// <summary>Ends the capture; the frames, whole, in order. Fails if tcpdump lost any.</summary>
    internal IReadOnlyList<Frame> Stop()
    {
        const int SIGINT = 2;
        // What is under way has arrived when nothing more comes for a while.
        for (var size = -1L; size != new FileInfo(_file).Length; Thread.Sleep(100))
            size = new FileInfo(_file).Length;
        _ = _tcpdump.PidFd.Signal(SIGINT);
        _ = _tcpdump.Wait(TimeSpan.FromSeconds(20)) ?? throw new TimeoutException("tcpdump does not end");
        _stopped = true;
        var said = File.ReadAllText(_said);
        Xunit.Assert.Contains("0 packets dropped by kernel", said, StringComparison.Ordinal);
        return Parse(File.ReadAllBytes(_file));
    }

    public void Dispose()
    {
        const int SIGKILL = 9;
        if (!_stopped)
        {
            _ = _tcpdump.PidFd.Signal(SIGKILL);
            _ = _tcpdump.Wait(TimeSpan.FromSeconds(5));
        }

        _tcpdump.Dispose();
        File.Delete(_file);
        File.Delete(_said);
    }

    private static List<Frame> Parse(byte[] bytes)
    {
        var frames = new List<Frame>();
        for (var at = 24; at + 16 <= bytes.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 8));
            Xunit.Assert.Equal(length, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 12)));
            frames.Add(new Frame(bytes.AsMemory(at + 16, length)));
            at += 16 + length;
        }

        return frames;
    }
}

/// <summary>An Ethernet frame as captured.</summary>
internal readonly record struct Frame(ReadOnlyMemory<byte> Bytes)
{
    internal string Source => Convert.ToHexString(Bytes.Span[6..12]);

    internal string Text => Convert.ToHexString(Bytes.Span);

    internal int Length => Bytes.Length;
}
