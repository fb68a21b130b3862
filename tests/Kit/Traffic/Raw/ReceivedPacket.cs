using System.Buffers.Binary;
using HyperSpector.Tests.Kit.Traffic.Wire;

namespace HyperSpector.Tests.Kit.Traffic.Raw;

/// <summary>An IP packet that the server sent, as far as a client must understand it.</summary>
/// <param name="Bytes">The whole packet.</param>
/// <param name="Protocol">What it carries.</param>
/// <param name="Offset">Where that begins.</param>
/// <param name="Length">Where the packet ends, by its own header.</param>
/// <param name="Destination">The address it goes to.</param>
public sealed record ReceivedPacket(byte[] Bytes, byte Protocol, int Offset, int Length, byte[] Destination)
{
    /// <summary>Null for what is not a whole IPv4 or IPv6 packet. Extension headers are not looked into: servers send none here.</summary>
    public static ReceivedPacket? Parse(byte[] packet)
    {
        switch (packet[0] >> 4)
        {
            case 4 when packet.Length >= 20:
                var length = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2));
                // A super-packet of more than 64 KiB says 0.
                return new ReceivedPacket(
                    packet, packet[9], (packet[0] & 15) * 4, length == 0 ? packet.Length : length, packet[16..20]);
            case 6 when packet.Length >= 40:
                var payload = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(4));
                return new ReceivedPacket(packet, packet[6], 40, payload == 0 ? packet.Length : 40 + payload, packet[24..40]);
            default:
                return null;
        }
    }

    public bool IsTcp => Protocol == Packets.Tcp && Length >= Offset + 20;
    public bool IsUdp => Protocol == Packets.Udp && Length >= Offset + 8;
    public int SourcePort => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(Offset));
    public int DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(Offset + 2));
    public uint Sequence => BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(Offset + 4));
    public uint Acknowledge => BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(Offset + 8));
    public TcpControl Flags => (TcpControl)(Bytes[Offset + 13] & 63);
    public ReadOnlySpan<byte> TcpPayload => Bytes.AsSpan((Offset + ((Bytes[Offset + 12] >> 4) * 4))..Length);
}
