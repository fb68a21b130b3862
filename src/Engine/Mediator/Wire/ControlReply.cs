using System.Buffers.Binary;
using HyperSpector.Linux;

namespace HyperSpector.Engine.Mediator.Wire;

/// <summary>The reply to every <see cref="ControlMessage"/>: 64 bytes in one message, without descriptors.</summary>
/// <param name="Error">None, or why the request was refused.</param>
/// <param name="Listeners">Seccomp listeners that are held.</param>
/// <param name="Mirrors">Mirrors that are held.</param>
/// <param name="HasDiagSocket">Is there a socket to look for captures with?</param>
/// <param name="MonitorPid">The monitor; 0 while there is none.</param>
/// <param name="Respawns">Monitors that ended and were replaced.</param>
/// <param name="Traps">Trapped calls that this monitor has answered.</param>
/// <param name="Active">Bit n: frames are copied to the mirror of slot n.</param>
public readonly record struct ControlReply(
    Errno Error, int Listeners, int Mirrors, bool HasDiagSocket, int MonitorPid, int Respawns, ulong Traps, ulong Active)
{
    /// <summary>Length on the wire.</summary>
    public const int Size = 64;

    private const uint Magic = 0x31_52_53_48; // "HSR1"

    /// <summary>Writes it into <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], (int)Error);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Listeners);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], Mirrors);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], HasDiagSocket ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], MonitorPid);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[24..], Respawns);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], Traps);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], Active);
    }

    /// <summary>Reads one; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ControlReply reply)
    {
        reply = default;
        if (bytes.Length != Size || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return false;
        reply = new ControlReply(
            (Errno)BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]) != 0,
            BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]));
        return true;
    }
}
