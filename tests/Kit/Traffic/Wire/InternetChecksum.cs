using System.Buffers.Binary;
using System.Net;

namespace HyperSpector.Tests.Kit.Traffic.Wire;

/// <summary>The ones' complement sum of IPv4, TCP, UDP and ICMP (RFC 1071), computed by ourselves and not by what is tested.</summary>
public static class InternetChecksum
{
    /// <summary>The sum of 16-bit words, not yet folded or complemented.</summary>
    public static uint Sum(ReadOnlySpan<byte> data, uint initial = 0)
    {
        var sum = (ulong)initial;
        for (; data.Length >= 2; data = data[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(data);
        if (data.Length == 1)
            sum += (uint)(data[0] << 8);
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (uint)sum;
    }

    /// <summary>What stands in a checksum field.</summary>
    public static ushort Of(ReadOnlySpan<byte> data, uint initial = 0) => (ushort)~Sum(data, initial);

    /// <summary>Sum of the pseudo header (RFC 9293 §3.1, RFC 8200 §8.1).</summary>
    public static uint PseudoHeader(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, byte protocol, int length)
    {
        Span<byte> tail = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(tail, (uint)length);
        tail[7] = protocol;
        return Sum(tail, Sum(destination, Sum(source)));
    }

    /// <summary>As above, for addresses.</summary>
    public static uint PseudoHeader(IPAddress source, IPAddress destination, byte protocol, int length) =>
        PseudoHeader(source.GetAddressBytes(), destination.GetAddressBytes(), protocol, length);
}
