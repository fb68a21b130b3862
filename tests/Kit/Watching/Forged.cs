using System.Buffers.Binary;
using HyperSpector.Tests.Kit.Traffic.Wire;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>Frames that the mix sends with a wrong checksum on purpose, told from frames whose checksum was never filled in.</summary>
public static class Forged
{
    /// <summary>True if the checksum is wrong by exactly what <see cref="Packets"/> makes it wrong by.</summary>
    public static bool IsOnPurpose(CapturedFrame frame)
    {
        var copy = frame.Bytes.ToArray();
        var six = copy[12] == 0x86;
        var (protocol, transport) = six ? (copy[20], 54) : (copy[23], 14 + (copy[14] & 15) * 4);
        var at = transport + (protocol == Packets.Tcp ? 16 : 6);
        if (protocol is not (Packets.Tcp or Packets.Udp) || at + 2 > copy.Length)
            return false;
        var field = copy.AsSpan(at);
        BinaryPrimitives.WriteUInt16BigEndian(field, (ushort)(BinaryPrimitives.ReadUInt16BigEndian(field) ^ Packets.Wrong));
        return WireCheck.Problem(copy, copy.Length) is null;
    }
}
