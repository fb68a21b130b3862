using System.Buffers.Binary;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse;

/// <summary>
/// What kernel and server agreed upon. It holds as long as the file system is mounted, whoever serves it: a process that takes over
/// the descriptor has to be told, since the kernel does not ask twice.
/// </summary>
/// <param name="Minor">Minor version of protocol 7.</param>
/// <param name="Flags"><see cref="FuseInit"/>.</param>
public sealed record FuseSession(uint Minor, ulong Flags)
{
    /// <summary>Bytes of <see cref="Write"/>.</summary>
    public const int Size = 16;

    private const uint Magic = 0x55_46_53_48; // "HSFU"

    /// <summary>Can data come from backing files?</summary>
    public bool Passthrough => (Flags & FuseInit.FUSE_PASSTHROUGH) != 0;

    /// <summary>Does the kernel know FUSE_EXPIRE_ONLY?</summary>
    public bool CanExpire => (Flags & FuseInit.FUSE_HAS_EXPIRE_ONLY) != 0;

    /// <summary>Can requests that a dead process had read be read again (6.9)?</summary>
    public bool CanResend => (Flags & FuseInit.FUSE_HAS_RESEND) != 0;

    /// <summary>Can all cached names be withdrawn at once (6.16)? There is no flag for it, only the version.</summary>
    public bool CanDropNames => Minor >= 44;

    /// <summary>For whoever keeps it.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], Minor);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Flags);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false if it is something else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out FuseSession? session)
    {
        session = null;
        if (bytes.Length != Size || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return false;
        session = new FuseSession(BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
        return true;
    }
}
