using System.Buffers.Binary;

namespace HyperSpector.Engine.Mediator.Wire;

/// <summary>What a <see cref="ControlMessage"/> asks for.</summary>
public enum ControlKind
{
    /// <summary>Hold a mirror's flag map (the descriptor) under a slot; replaces what the slot held.</summary>
    AddMirror = 1,

    /// <summary>Give a slot up.</summary>
    RemoveMirror = 2,

    /// <summary>Use this NETLINK_SOCK_DIAG socket (the descriptor) from now on.</summary>
    DiagSocket = 3,

    /// <summary>Only reply.</summary>
    Status = 4,

    /// <summary>Serve this seccomp listener (the descriptor); from keeper to monitor only.</summary>
    Listener = 5,

    /// <summary>Serve a view (slot 0: <c>/.serverfs</c>, 1: <c>/.dserverfs</c>) over this connection of /dev/fuse (the descriptor).</summary>
    ViewDevice = 6,

    /// <summary>What the views show comes anew: forget what has come in so far.</summary>
    BeginDisks = 7,

    /// <summary>A mount or a layer of a server VM (the descriptor), in the order of the plan.</summary>
    Disk = 8,

    /// <summary>The plan (the descriptor), which makes it whole; the reply comes when nothing of the old one is held any more.</summary>
    ShowDisks = 9,
}

/// <summary>
/// A request from the daemon to the keeper, or from the keeper to the monitor: 32 bytes in one SOCK_SEQPACKET message, with one
/// descriptor where <see cref="Kind"/> says so. Little-endian; unknown bits are refused, so that the two can change together only.
/// </summary>
public readonly record struct ControlMessage(ControlKind Kind, int Slot = 0, int InterfaceIndex = 0, bool Always = false)
{
    /// <summary>Length on the wire.</summary>
    public const int Size = 32;

    /// <summary>Mirrors of one IDS VM.</summary>
    public const int SlotLimit = 64;

    private const uint Magic = 0x31_4D_53_48; // "HSM1"

    /// <summary>Does it carry a descriptor?</summary>
    public bool HasDescriptor => Kind is ControlKind.AddMirror or ControlKind.DiagSocket or ControlKind.Listener
        or ControlKind.ViewDevice or ControlKind.Disk or ControlKind.ShowDisks;

    /// <summary>Writes it into <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], (int)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Slot);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], InterfaceIndex);
        bytes[16] = Always ? (byte)1 : (byte)0;
    }

    /// <summary>Reads one; false for anything that <see cref="Write"/> would not have written.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ControlMessage message)
    {
        message = default;
        if (bytes.Length != Size || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic || bytes[16] > 1)
            return false;
        if (bytes[17..].ContainsAnyExcept((byte)0))
            return false;
        message = new ControlMessage(
            (ControlKind)BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            bytes[16] == 1);
        return message.Kind is >= ControlKind.AddMirror and <= ControlKind.ShowDisks
            && message.Slot is >= 0 and < SlotLimit
            && message.InterfaceIndex >= 0;
    }
}
