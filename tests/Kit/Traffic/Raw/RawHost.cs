using System.Net;
using HyperSpector.Tests.Kit.Traffic.Wire;

namespace HyperSpector.Tests.Kit.Traffic.Raw;

/// <summary>
/// A host of which no kernel knows: an address that only this object answers for. Nothing sends a reset on its behalf, nothing
/// tidies what it sends.
/// </summary>
public sealed class RawHost : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private ushort _id = 100;

    /// <param name="target">The server.</param>
    /// <param name="six">IPv6 instead of IPv4.</param>
    /// <param name="number">The last byte of the source address: each exchange takes one of its own.</param>
    public RawHost(TrafficTarget target, bool six, byte number)
    {
        Link = new RawLink(target.Raw);
        var bytes = (six ? target.Raw.Source6 : target.Raw.Source4).GetAddressBytes();
        bytes[^1] = number;
        Address = new IPAddress(bytes);
        Server = six ? target.Address6 : target.Address4;
    }

    public RawLink Link { get; }
    public IPAddress Address { get; }
    public IPAddress Server { get; }
    public bool Six => Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    /// <summary>Sends one packet to the server.</summary>
    public void Send(byte protocol, ReadOnlySpan<byte> payload, IpFields? fields = null) =>
        Link.Send(Packets.Ip(Address, Server, protocol, payload, (fields ?? new IpFields()) with { Id = _id++ }));

    /// <summary>Sends pieces of one packet, in the order given.</summary>
    public void SendPieces(byte protocol, IEnumerable<Piece> pieces)
    {
        var id = _id++;
        foreach (var piece in pieces)
            Link.Send(Fragments.Packet(Address, Server, protocol, id, piece));
    }

    /// <summary>Sends a lone TCP segment.</summary>
    public void SendTcp(TcpFields fields, ReadOnlySpan<byte> payload = default, IpFields? ip = null) =>
        Send(Packets.Tcp, Packets.TcpSegment(Address, Server, fields, payload), ip);

    /// <summary>Sends a UDP datagram.</summary>
    public void SendUdp(int from, int to, ReadOnlySpan<byte> payload, IpFields? ip = null, bool badChecksum = false, int lengthLie = 0) =>
        Send(Packets.Udp, Packets.UdpDatagram(Address, Server, from, to, payload, badChecksum, lengthLie), ip);

    /// <summary>Sends an ICMP message of the host's IP version.</summary>
    public void SendIcmp(byte type, byte code, ReadOnlySpan<byte> rest, IpFields? ip = null) =>
        Send(Six ? Packets.Icmp6 : Packets.Icmp, Packets.IcmpMessage(Address, Server, type, code, rest), ip);

    /// <summary>Waits for a packet to us; throws when none comes, naming what was awaited.</summary>
    public ReceivedPacket Expect(string what, Func<ReceivedPacket, bool> wanted) =>
        ReceivedPacket.Parse(Link.Receive(Address, wanted, Patience)
            ?? throw new TimeoutException($"{Address} waited for {what} from {Server}"))!;

    /// <summary>Waits for an ICMP message of one of the given types.</summary>
    public ReceivedPacket ExpectIcmp(params byte[] types) =>
        Expect("an ICMP message", p => p.Protocol == (Six ? Packets.Icmp6 : Packets.Icmp) && types.Contains(p.Bytes[p.Offset]));

    /// <summary>Waits for a datagram to one of our ports.</summary>
    public ReceivedPacket ExpectUdp(int port) => Expect($"a datagram to port {port}", p => p.IsUdp && p.DestinationPort == port);

    public void Dispose() => Link.Dispose();
}
