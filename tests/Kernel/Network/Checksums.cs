using System.Buffers.Binary;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>Checksums of IPv4 headers, TCP, UDP and ICMPv6 (RFC 1071), for frames that claim to be as on a wire.</summary>
internal static class Checksums
{
    internal static bool AreGood(ReadOnlySpan<byte> frame)
    {
        var type = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        var ip = frame[14..];
        if (type == 0x0800)
        {
            var header = (ip[0] & 15) * 4;
            ip = ip[..BinaryPrimitives.ReadUInt16BigEndian(ip[2..])];
            // A fragment holds a part of what its datagram's checksum covers.
            var fragment = (BinaryPrimitives.ReadUInt16BigEndian(ip[6..]) & 0x3FFF) != 0;
            return Sum(ip[..header], 0) == 0xFFFF && (fragment || Transport(ip[9], ip[12..20], ip[header..]));
        }

        return type != 0x86DD || ip[6] == 44 || Transport(ip[6], ip[8..40], ip[40..(40 + BinaryPrimitives.ReadUInt16BigEndian(ip[4..]))]);
    }

    private static bool Transport(byte protocol, ReadOnlySpan<byte> addresses, ReadOnlySpan<byte> segment)
    {
        const byte tcp = 6, udp = 17, icmp6 = 58;
        if (protocol is not (tcp or udp or icmp6) || (protocol == udp && segment[6] == 0 && segment[7] == 0))
            return true;
        return Sum(segment, Sum(addresses, (uint)(protocol + segment.Length))) == 0xFFFF;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes, uint start)
    {
        var sum = start;
        for (var i = 0; i + 1 < bytes.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        if (bytes.Length % 2 == 1)
            sum += (uint)bytes[^1] << 8;
        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return sum;
    }
}
