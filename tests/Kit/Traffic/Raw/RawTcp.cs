using HyperSpector.Tests.Kit.Traffic.Wire;

namespace HyperSpector.Tests.Kit.Traffic.Raw;

/// <summary>
/// The least of a TCP client: opens, sends segments at any place of the stream with any flaw, acknowledges, closes. It waits for the
/// server after each step, so that what the two directions do is ordered by cause and not by chance.
/// </summary>
public sealed class RawTcp
{
    private const int Mss = 1460;
    private readonly RawHost _host;
    private readonly int _server;
    private uint _acknowledge;
    private readonly List<byte> _received = [];

    public RawTcp(RawHost host, int from, int to, uint initial = 0x10203040)
    {
        _host = host;
        Port = from;
        _server = to;
        Initial = initial;
        Next = initial;
    }

    public int Port { get; }

    /// <summary>Our initial sequence number: byte 0 of the stream has <c>Initial + 1</c>.</summary>
    public uint Initial { get; }

    /// <summary>The next sequence number that an honest segment has.</summary>
    public uint Next { get; private set; }

    /// <summary>The next sequence number that we await from the server.</summary>
    public uint Acknowledged => _acknowledge;

    /// <summary>What the server has sent so far.</summary>
    public byte[] Received => [.. _received];

    /// <summary>The server has sent its FIN.</summary>
    public bool ServerClosed { get; private set; }

    /// <summary>SYN, SYN-ACK, ACK.</summary>
    public void Connect()
    {
        Segment(TcpControl.Syn, Initial, [], options: [2, 4, Mss >> 8, Mss & 0xff]);
        var answer = _host.Expect($"SYN-ACK for port {Port}", p => Mine(p) && p.Flags == (TcpControl.Syn | TcpControl.Ack));
        _acknowledge = answer.Sequence + 1;
        Next = Initial + 1;
        Segment(TcpControl.Ack, Next, []);
    }

    /// <summary>Sends the next bytes of the stream in one segment.</summary>
    public void Send(ReadOnlySpan<byte> data, TcpControl flags = TcpControl.Ack | TcpControl.Push)
    {
        Segment(flags, Next, data);
        Next += (uint)data.Length;
    }

    /// <summary>Sends bytes at a place of the stream, wherever the honest stream is.</summary>
    public void SendAt(int place, ReadOnlySpan<byte> data, bool badChecksum = false, byte ttl = 64) =>
        Segment(TcpControl.Ack | TcpControl.Push, Initial + 1 + (uint)place, data, badChecksum: badChecksum, ttl: ttl);

    /// <summary>Says that the honest stream now reaches to this place.</summary>
    public void SentUpTo(int place) => Next = Initial + 1 + (uint)place;

    /// <summary>Any segment at all.</summary>
    public void Segment(
        TcpControl flags, uint sequence, ReadOnlySpan<byte> data, byte[]? options = null, bool badChecksum = false, byte ttl = 64,
        int urgent = 0, uint? acknowledge = null)
    {
        _host.SendTcp(
            new TcpFields(Port, _server, sequence, acknowledge ?? (flags.HasFlag(TcpControl.Ack) ? _acknowledge : 0), flags)
            {
                Options = options ?? [],
                BadChecksum = badChecksum,
                UrgentPointer = urgent,
            },
            data,
            new IpFields { Ttl = ttl });
    }

    /// <summary>The segment as it would be sent, for whoever cuts it into fragments.</summary>
    public byte[] Build(ReadOnlySpan<byte> data)
    {
        var segment = Packets.TcpSegment(
            _host.Address, _host.Server, new TcpFields(Port, _server, Next, _acknowledge, TcpControl.Ack | TcpControl.Push), data);
        Next += (uint)data.Length;
        return segment;
    }

    /// <summary>Waits until the server has acknowledged everything of the honest stream, and takes what it sends with that.</summary>
    public void ExpectAcknowledge()
    {
        while (Take("an acknowledgement of everything") != Next)
        {
            // An acknowledgement of less, or a repeated one.
        }
    }

    /// <summary>Waits for one segment: what the server says at once to one that is out of order or out of bounds.</summary>
    public void ExpectComplaint() => _ = Take("a repeated acknowledgement");

    /// <summary>Takes and acknowledges segments until <paramref name="enough"/>, or until the server closes.</summary>
    public void ReceiveUntil(Func<byte[], bool> enough)
    {
        while (!ServerClosed && !enough(Received))
            _ = Take("more of the answer");
    }

    /// <summary>Closes in order: FIN, and the server's FIN acknowledged.</summary>
    public void Close()
    {
        Segment(TcpControl.Fin | TcpControl.Ack, Next, []);
        Next++;
        while (!ServerClosed)
            _ = Take("the server's FIN");
    }

    /// <summary>Breaks off.</summary>
    public void Reset() => Segment(TcpControl.Reset | TcpControl.Ack, Next, []);

    // Returns what the segment acknowledges.
    private uint Take(string what)
    {
        var packet = _host.Expect($"{what} on port {Port}", Mine);
        if (packet.Flags.HasFlag(TcpControl.Reset))
            throw new IOException($"the server reset port {Port} when {what} was awaited");
        var payload = packet.TcpPayload;
        var finished = packet.Flags.HasFlag(TcpControl.Fin);
        if (packet.Sequence != _acknowledge || (payload.Length == 0 && !finished))
            return packet.Acknowledge; // repeated, or a bare acknowledgement
        _received.AddRange(payload);
        _acknowledge += (uint)payload.Length + (finished ? 1u : 0u);
        ServerClosed |= finished;
        Segment(TcpControl.Ack, Next, []);
        return packet.Acknowledge;
    }

    private bool Mine(ReceivedPacket packet) => packet.IsTcp && packet.SourcePort == _server && packet.DestinationPort == Port;
}
