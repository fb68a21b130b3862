using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace HyperSpector.Tests.Kit.Traffic.Wire;

/// <summary>Flags of a TCP header.</summary>
[Flags]
public enum TcpControl
{
    /// <summary>None at all: a NULL scan.</summary>
    None = 0,
    Fin = 1,
    Syn = 2,
    Reset = 4,
    Push = 8,
    Ack = 16,
    Urgent = 32,
}

/// <summary>What varies in a TCP segment.</summary>
public sealed record TcpFields(int SourcePort, int DestinationPort, uint Sequence, uint Acknowledge, TcpControl Flags)
{
    public int Window { get; init; } = 64240;
    public byte[] Options { get; init; } = [];
    public int UrgentPointer { get; init; }
    public bool BadChecksum { get; init; }
}

/// <summary>What varies in an IP header.</summary>
public sealed record IpFields
{
    public byte Ttl { get; init; } = 64;
    public ushort Id { get; init; } = 1;

    /// <summary>IPv4 options, a multiple of four bytes.</summary>
    public byte[] Options { get; init; } = [];
    public int FragmentOffset { get; init; }
    public bool MoreFragments { get; init; }

    /// <summary>What the length field says beyond the truth.</summary>
    public int LengthLie { get; init; }
}

/// <summary>Builds packets byte by byte, wrong ones included.</summary>
public static class Packets
{
    public const byte Icmp = 1, Tcp = 6, Udp = 17, Routing = 43, Fragment = 44, Icmp6 = 58, NoNext = 59, DestinationOptions = 60, HopByHop = 0;

    /// <summary>By which bits a bad checksum differs from the good one.</summary>
    public const ushort Wrong = 0x1111;

    /// <summary>A TCP segment with its checksum.</summary>
    public static byte[] TcpSegment(IPAddress source, IPAddress destination, TcpFields fields, ReadOnlySpan<byte> payload)
    {
        var header = 20 + fields.Options.Length;
        var segment = new byte[header + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(segment, (ushort)fields.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)fields.DestinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), fields.Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), fields.Acknowledge);
        segment[12] = (byte)(header / 4 << 4);
        segment[13] = (byte)fields.Flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), (ushort)fields.Window);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(18), (ushort)fields.UrgentPointer);
        fields.Options.CopyTo(segment, 20);
        payload.CopyTo(segment.AsSpan(header));
        var sum = InternetChecksum.Of(segment, InternetChecksum.PseudoHeader(source, destination, Tcp, segment.Length));
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(16), fields.BadChecksum ? (ushort)(sum ^ Wrong) : sum);
        return segment;
    }

    /// <summary>A UDP datagram with its checksum.</summary>
    public static byte[] UdpDatagram(
        IPAddress source, IPAddress destination, int sourcePort, int destinationPort, ReadOnlySpan<byte> payload,
        bool badChecksum = false, int lengthLie = 0)
    {
        var datagram = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(datagram, (ushort)sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), (ushort)destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), (ushort)(datagram.Length + lengthLie));
        payload.CopyTo(datagram.AsSpan(8));
        var sum = InternetChecksum.Of(datagram, InternetChecksum.PseudoHeader(source, destination, Udp, datagram.Length));
        if (sum == 0)
            sum = 0xffff;
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(6), badChecksum ? (ushort)(sum ^ Wrong) : sum);
        return datagram;
    }

    /// <summary>An ICMP or ICMPv6 message with its checksum; <paramref name="rest"/> is what follows the checksum.</summary>
    public static byte[] IcmpMessage(IPAddress source, IPAddress destination, byte type, byte code, ReadOnlySpan<byte> rest)
    {
        var message = new byte[4 + rest.Length];
        message[0] = type;
        message[1] = code;
        rest.CopyTo(message.AsSpan(4));
        var initial = source.AddressFamily == AddressFamily.InterNetworkV6
            ? InternetChecksum.PseudoHeader(source, destination, Icmp6, message.Length) : 0;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), InternetChecksum.Of(message, initial));
        return message;
    }

    /// <summary>An echo request's or reply's identifier, number and data.</summary>
    public static byte[] Echo(ushort identifier, ushort sequence, ReadOnlySpan<byte> data)
    {
        var rest = new byte[4 + data.Length];
        BinaryPrimitives.WriteUInt16BigEndian(rest, identifier);
        BinaryPrimitives.WriteUInt16BigEndian(rest.AsSpan(2), sequence);
        data.CopyTo(rest.AsSpan(4));
        return rest;
    }

    /// <summary>An IP packet of either version around a payload.</summary>
    public static byte[] Ip(IPAddress source, IPAddress destination, byte protocol, ReadOnlySpan<byte> payload, IpFields? fields = null) =>
        source.AddressFamily == AddressFamily.InterNetworkV6
            ? Ip6(source, destination, protocol, payload, fields ?? new IpFields())
            : Ip4(source, destination, protocol, payload, fields ?? new IpFields());

    /// <summary>One extension header of eight bytes (RFC 8200): its next header, no further length, six bytes of content.</summary>
    public static byte[] Extension(byte next, ReadOnlySpan<byte> content)
    {
        var header = new byte[8];
        header[0] = next;
        content.CopyTo(header.AsSpan(2));
        return header;
    }

    /// <summary>An Ethernet frame around an IP packet.</summary>
    public static byte[] Frame(byte[] destination, byte[] source, ReadOnlySpan<byte> packet)
    {
        var frame = new byte[14 + packet.Length];
        destination.CopyTo(frame, 0);
        source.CopyTo(frame, 6);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), packet[0] >> 4 == 6 ? (ushort)0x86dd : (ushort)0x0800);
        packet.CopyTo(frame.AsSpan(14));
        return frame;
    }

    private static byte[] Ip4(IPAddress source, IPAddress destination, byte protocol, ReadOnlySpan<byte> payload, IpFields fields)
    {
        var header = 20 + fields.Options.Length;
        var packet = new byte[header + payload.Length];
        packet[0] = (byte)(0x40 | (header / 4));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)(packet.Length + fields.LengthLie));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), fields.Id);
        var fragment = (fields.FragmentOffset / 8) | (fields.MoreFragments ? 0x2000 : 0);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), (ushort)fragment);
        packet[8] = fields.Ttl;
        packet[9] = protocol;
        source.GetAddressBytes().CopyTo(packet, 12);
        destination.GetAddressBytes().CopyTo(packet, 16);
        fields.Options.CopyTo(packet, 20);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), InternetChecksum.Of(packet.AsSpan(0, header)));
        payload.CopyTo(packet.AsSpan(header));
        return packet;
    }

    private static byte[] Ip6(IPAddress source, IPAddress destination, byte next, ReadOnlySpan<byte> payload, IpFields fields)
    {
        var packet = new byte[40 + payload.Length];
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(payload.Length + fields.LengthLie));
        packet[6] = next;
        packet[7] = fields.Ttl;
        source.GetAddressBytes().CopyTo(packet, 8);
        destination.GetAddressBytes().CopyTo(packet, 24);
        payload.CopyTo(packet.AsSpan(40));
        return packet;
    }
}
