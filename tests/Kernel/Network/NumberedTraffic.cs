using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>Numbered datagrams from the client to the server and back, without end, and who has seen which.</summary>
internal sealed class NumberedTraffic : IDisposable
{
    private const int ServerPort = 80, PublishedPort = 8080, ClientPort = 9000, Longest = 256, Size = 100;
    private const uint Magic = 0x4e554d42;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly HashSet<uint>[] _arrived = [[], []];
    private readonly HashSet<uint>[] _seen = [[], []];
    private readonly List<Thread> _threads = [];
    private readonly List<Socket> _sockets = [];
    private volatile bool _stopped;
    private volatile bool _ended;
    private long _sent;

    /// <param name="server">Has published its UDP port 80 at the base's 8080.</param>
    /// <param name="client">The other side.</param>
    /// <param name="ids">Who must see everything.</param>
    /// <param name="serverAddress">The server's address on its port.</param>
    internal NumberedTraffic(FakeMachine server, FakeMachine client, FakeMachine ids, string serverAddress)
    {
        const int ethertypes = 0x0003; // ETH_P_ALL; bound to no interface, so that it outlives mon0
        var capture = ids.Run(() => new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)BinaryPrimitives.ReverseEndianness((ushort)ethertypes)));
        var atServer = Udp(server, IPAddress.Any, ServerPort);
        var atClient = Udp(client, IPAddress.Any, ClientPort);
        _sockets.AddRange([capture, atServer, atClient]);
        foreach (var socket in _sockets)
        {
            Enlarge(socket);
            socket.ReceiveTimeout = 200;
        }

        Start(() => Collect(capture, _seen));
        Start(() => Collect(atServer, _arrived));
        Start(() => Collect(atClient, _arrived));
        var out4 = Udp(server, IPAddress.Parse(serverAddress), 7777);
        var in4 = Udp(client, IPAddress.Any, 7777);
        _sockets.AddRange([out4, in4]);
        Start(() => Send(in4, new IPEndPoint(IPAddress.Parse("192.0.2.1"), PublishedPort), out4, new IPEndPoint(IPAddress.Parse("192.0.2.2"), ClientPort)));
    }

    /// <summary>How many have arrived at the two sides.</summary>
    internal (int AtServer, int AtClient) Arrived()
    {
        lock (_lock)
            return (_arrived[0].Count, _arrived[1].Count);
    }

    /// <summary>Waits until that many more pairs have been sent, and what is under way has arrived.</summary>
    internal void WaitUntilSent(int count)
    {
        var goal = Interlocked.Read(ref _sent) + count;
        Wait(() => Interlocked.Read(ref _sent) >= goal, "nothing is sent");
        Thread.Sleep(50);
    }

    /// <summary>Waits until numbers arrive at both sides and, unless told otherwise, in the IDS VM.</summary>
    internal void WaitForMore(string when, bool seen = true)
    {
        var before = Counts();
        Wait(
            () => Counts().Zip(before).Take(seen ? 4 : 2).All(c => c.First > c.Second + 50),
            $"{when}: numbers do not come: {string.Join(' ', before)} then {string.Join(' ', Counts())}");
    }

    internal void Stop()
    {
        _stopped = true;
        _threads[^1].Join();
        // What is under way arrives.
        for (var last = -1; last != Counts().Sum(); Thread.Sleep(100))
            last = Counts().Sum();
    }

    /// <summary>Everything that arrived anywhere has been seen.</summary>
    internal void AssertAllWereSeen()
    {
        lock (_lock)
        {
            for (var way = 0; way < 2; way++)
            {
                var unseen = _arrived[way].Except(_seen[way]).Order().ToList();
                Assert.True(unseen.Count == 0, $"{(way == 0 ? "to" : "from")} the server, unseen: {string.Join(' ', unseen.Take(20))} of {_arrived[way].Count}");
                Assert.True(_arrived[way].Count > 100);
            }
        }
    }

    public void Dispose()
    {
        // Closing a socket wakes nobody who waits for a datagram: the collectors look up now and then.
        _stopped = _ended = true;
        foreach (var thread in _threads)
            thread.Join();
        foreach (var socket in _sockets)
            socket.Dispose();
    }

    private int[] Counts()
    {
        lock (_lock)
            return [_arrived[0].Count, _arrived[1].Count, _seen[0].Count, _seen[1].Count];
    }

    private static void Wait(Func<bool> condition, string failure)
    {
        var deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, failure);
            Thread.Sleep(5);
        }
    }

    private static Socket Udp(FakeMachine machine, IPAddress address, int port) => machine.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    });

    // A busy machine must not lose what was delivered: SO_RCVBUFFORCE (socket(7)).
    private static void Enlarge(Socket socket) => socket.SetRawSocketOption(1, 33, BitConverter.GetBytes(64 << 20));

    private void Start(Action loop)
    {
        var thread = new Thread(() =>
        {
            try
            {
                loop();
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        })
        { IsBackground = true };
        _threads.Add(thread);
        thread.Start();
    }

    private void Send(Socket first, EndPoint toServer, Socket second, EndPoint toClient)
    {
        Span<byte> payload = stackalloc byte[Size];
        payload.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(payload, Magic);
        for (uint number = 1; !_stopped; number++)
        {
            Number(payload, 0, number);
            Try(first, payload, toServer);
            Number(payload, 1, number);
            Try(second, payload, toClient);
            _ = Interlocked.Increment(ref _sent);
            // As fast as a link, and now and then a pause: two processors, and others want them, too.
            if (number % 32 == 0)
                Thread.Sleep(1);
        }
    }

    private static void Number(Span<byte> payload, uint way, uint number)
    {
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], way);
        BinaryPrimitives.WriteUInt32BigEndian(payload[8..], number);
    }

    private static void Try(Socket socket, ReadOnlySpan<byte> payload, EndPoint to)
    {
        try
        {
            _ = socket.SendTo(payload, to);
        }
        catch (SocketException)
        {
            // The port is on its way out, or another one not there yet (ENETUNREACH, EPERM): as lost as any datagram.
        }
    }

    private void Collect(Socket socket, HashSet<uint>[] into)
    {
        var buffer = new byte[4096];
        while (!_ended)
        {
            int count;
            try
            {
                count = socket.Receive(buffer);
            }
            catch (SocketException nothing) when (nothing.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock
                or SocketError.NetworkDown or SocketError.ConnectionRefused)
            {
                continue;
            }

            if (count > Longest)
                continue;
            var at = buffer.AsSpan(0, count).IndexOf((ReadOnlySpan<byte>)[0x4e, 0x55, 0x4d, 0x42]);
            if (at < 0 || at + 12 > count)
                continue;
            var way = BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(at + 4));
            lock (_lock)
                _ = into[way].Add(BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(at + 8)));
        }
    }
}
