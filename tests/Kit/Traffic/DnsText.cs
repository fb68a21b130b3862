using System.Buffers.Binary;
using System.Text;

namespace HyperSpector.Tests.Kit.Traffic;

/// <summary>DNS queries (RFC 1035 §4).</summary>
public static class DnsText
{
    /// <summary>A query with one question of class IN.</summary>
    public static byte[] Query(ushort id, string name, int type, ushort flags = 0x0100, int @class = 1)
    {
        var labels = name.Split('.').SelectMany(l => new[] { (byte)l.Length }.Concat(Encoding.ASCII.GetBytes(l)));
        var head = new byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(head, id);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), flags);
        head[5] = 1;
        return [.. head, .. labels, 0, (byte)(type >> 8), (byte)type, (byte)(@class >> 8), (byte)@class];
    }

    /// <summary>With the length that TCP wants before it.</summary>
    public static byte[] OverTcp(byte[] message) => [(byte)(message.Length >> 8), (byte)message.Length, .. message];
}
