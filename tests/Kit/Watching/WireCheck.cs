using System.Buffers.Binary;
using HyperSpector.Tests.Kit.Traffic.Wire;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>
/// Are frames as a wire would carry them: none longer than the MTU, no checksum left for a network card to fill in? Checksums are
/// computed here, with code of the tests' own.
/// </summary>
public static class WireCheck
{
    private const int EthernetHeader = 14, VlanTag = 4;
    private const ushort Ip4 = 0x0800, Ip6 = 0x86dd, Vlan = 0x8100;

    /// <summary>What is wrong with a frame, or null.</summary>
    public static string? Problem(ReadOnlySpan<byte> frame, int mtu)
    {
        var type = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        var header = EthernetHeader;
        if (type == Vlan)
        {
            type = BinaryPrimitives.ReadUInt16BigEndian(frame[16..]);
            header += VlanTag;
        }

        if (frame.Length > mtu + header)
            return $"{frame.Length} bytes, more than an MTU of {mtu} allows";
        return type switch
        {
            Ip4 => Problem4(frame[header..]),
            Ip6 => Problem6(frame[header..]),
            _ => null,
        };
    }

    private static string? Problem4(ReadOnlySpan<byte> packet)
    {
        var header = (packet[0] & 15) * 4;
        var length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (InternetChecksum.Of(packet[..header]) != 0)
            return "bad IPv4 header checksum";
        // A piece of a packet has no checksum of its own; a packet that claims more than there is cannot be judged.
        if ((BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x3fff) != 0 || length > packet.Length)
            return null;
        return Transport(packet[12..16], packet[16..20], packet[9], packet[header..length]);
    }

    private static string? Problem6(ReadOnlySpan<byte> packet)
    {
        var length = 40 + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        if (length > packet.Length)
            return null;
        var next = packet[6];
        var at = 40;
        while (next is Packets.HopByHop or Packets.DestinationOptions or Packets.Routing)
        {
            // With segments left the checksum covers another destination (RFC 8200 §8.1): the last of the routing header.
            if (next == Packets.Routing && packet[at + 3] != 0)
                return null;
            next = packet[at];
            at += 8 * (packet[at + 1] + 1);
        }

        return next == Packets.Fragment ? null : Transport(packet[8..24], packet[24..40], next, packet[at..length]);
    }

    private static string? Transport(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, byte protocol, ReadOnlySpan<byte> data)
    {
        var (name, initial) = protocol switch
        {
            Packets.Tcp when data.Length >= 20 => ("TCP", InternetChecksum.PseudoHeader(source, destination, protocol, data.Length)),
            // Zero: the sender computed none (RFC 768). A length that does not fit cannot be judged.
            Packets.Udp when data.Length >= 8 && (data[6] | data[7]) != 0 && BinaryPrimitives.ReadUInt16BigEndian(data[4..]) == data.Length =>
                ("UDP", InternetChecksum.PseudoHeader(source, destination, protocol, data.Length)),
            Packets.Icmp6 => ("ICMPv6", InternetChecksum.PseudoHeader(source, destination, protocol, data.Length)),
            Packets.Icmp => ("ICMP", 0u),
            _ => ("", 0u),
        };
        return name.Length > 0 && InternetChecksum.Of(data, initial) != 0 ? $"bad {name} checksum" : null;
    }
}
