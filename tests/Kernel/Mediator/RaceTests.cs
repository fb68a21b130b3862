using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using Xunit;

namespace HyperSpector.Tests.Kernel.Mediator;

/// <summary>
/// A stream of numbered frames against ten thousand captures that begin (<c>./test kills</c>: a hundred thousand): from the moment socket(2) returns, not one may be
/// missing, and when all are closed nothing is copied any more. The test stands in for the BPF program: it looks at the flag before each frame and sends it or not.
/// </summary>
public sealed class RaceTests : IDisposable
{
    private const int CyclesPerTurn = 5000;
    private const int FlagNumber = 10;
    private const int CounterNumber = 11;
    private static readonly int s_turns = System.Environment.GetEnvironmentVariable("KILLS") is { Length: > 0 } ? 20 : 2;
    private readonly string _outer = string.Create(CultureInfo.InvariantCulture, $"hsrace{Environment.ProcessId}");
    private readonly MediatorHost _host = new();
    private readonly BpfMap _flag = BpfMap.CreateFlag();
    private readonly FileDescriptor _counter = MappedPage.CreateFile("race");
    private long _sent;
    private long _looked;

    public void Dispose()
    {
        _host.Dispose();
        _ = Tool.Run("ip", ["netns", "delete", _outer]);
        _flag.Dispose();
        _counter.Dispose();
    }

    [Fact]
    public void Frames_AfterSocketReturned_AreAllThere()
    {
        using var victim = _host.StartVictim((FlagNumber, _flag.Descriptor), (CounterNumber, _counter));
        using var socket = Connect(victim);
        var index = NetworkNamespace.Run($"/proc/{victim.Pid}/ns/net", () => Interfaces.IndexOf("mon0"));
        _host.Watch(victim, _flag, (int)index);
        _ = _host.WaitFor(s => s.Listeners == 1 && s.Mirrors == 1);

        using var stop = new ManualResetEventSlim();
        var sender = new Thread(() => Send(socket, stop));
        sender.Start();
        long[] result = [0, 0, 0];
        try
        {
            for (var turn = 0; turn < s_turns; turn++)
            {
                var these = Victim.Numbers(victim.Do($"race {CyclesPerTurn} {FlagNumber} {CounterNumber} mon0"));
                result = [.. result.Zip(these, (a, b) => a + b)];
            }

            _ = _host.WaitFor(s => s.Active == 0);
            var (sent, looked) = (Volatile.Read(ref _sent), Volatile.Read(ref _looked));
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _looked) > looked + 100_000, TimeSpan.FromMinutes(1)));
            Assert.InRange(Volatile.Read(ref _sent), sent, sent + 1);
        }
        finally
        {
            stop.Set();
            sender.Join();
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{result[0]} captures against {_sent} frames: {result[1]} late, {result[2]} with gaps");
        Assert.Equal([s_turns * CyclesPerTurn, 0, 0], result);
        Assert.True(_sent > s_turns * CyclesPerTurn * 4);
    }

    // The counter is stored, with a fence, before the flag is read: whoever sees the counter at n knows that frame n + 1 has not
    // looked at the flag yet.
    private void Send(Socket socket, ManualResetEventSlim stop)
    {
        using var counter = new MappedPage(_counter);
        using var flag = new MappedPage(_flag.Descriptor);
        Span<byte> frame = stackalloc byte[64];
        for (uint number = 1; !stop.IsSet; number++)
        {
            counter.Store(number);
            Volatile.Write(ref _looked, number);
            if (flag.Load() != 0)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(frame, number);
                _ = socket.Send(frame);
                Volatile.Write(ref _sent, _sent + 1);
            }
            else
            {
                // As fast as a link, not as a loop.
                Thread.SpinWait(100);
            }
        }
    }

    private Socket Connect(Victim victim)
    {
        var space = victim.Pid.ToString(CultureInfo.InvariantCulture);
        _ = Tool.RunChecked("ip", ["netns", "add", _outer]);
        _ = Tool.RunChecked("ip", ["-n", _outer, "link", "add", "m0", "type", "veth", "peer", "name", "mon0", "netns", space]);
        _ = Tool.RunChecked("ip", ["-n", _outer, "address", "add", "192.0.2.1/24", "dev", "m0"]);
        _ = Tool.RunChecked("ip", ["-n", _outer, "link", "set", "m0", "up"]);
        _ = Tool.RunChecked("ip", ["-n", _outer, "neighbour", "add", "192.0.2.2", "lladdr", "02:00:00:00:00:02", "dev", "m0"]);
        _ = Tool.RunChecked("nsenter", [$"--net=/proc/{space}/ns/net", "ip", "link", "set", "mon0", "up", "promisc", "on"]);
        return NetworkNamespace.Run($"/run/netns/{_outer}", () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(IPAddress.Parse("192.0.2.2"), 9);
            return socket;
        });
    }
}
