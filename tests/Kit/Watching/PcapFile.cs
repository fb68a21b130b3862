using System.Buffers.Binary;

namespace HyperSpector.Tests.Kit.Watching;

/// <summary>One captured frame.</summary>
/// <param name="Bytes">As captured.</param>
/// <param name="OriginalLength">Its length on the interface; greater than that of <paramref name="Bytes"/> when it was cut.</param>
/// <param name="Microseconds">When, since 1970.</param>
public sealed record CapturedFrame(byte[] Bytes, int OriginalLength, long Microseconds)
{
    /// <summary>The Ethernet source address.</summary>
    public ReadOnlySpan<byte> SourceMac => Bytes.AsSpan(6, 6);
}

/// <summary>Reads the classic capture file (draft-ietf-opsawg-pcap): a header of 24 bytes, then records.</summary>
public static class PcapFile
{
    private const uint Micro = 0xa1b2c3d4, Nano = 0xa1b23c4d;
    private const int Ethernet = 1;

    /// <summary>All frames. A record that is cut short at the end of the file is an error: the capture did not end in order.</summary>
    public static IReadOnlyList<CapturedFrame> Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length < 24)
            throw new InvalidDataException("too short for a capture file");
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(file);
        if (magic is not (Micro or Nano))
            throw new InvalidDataException($"magic number {magic:x8} is none of a capture file of this machine");
        if ((BinaryPrimitives.ReadUInt32LittleEndian(file[20..]) & 0xffff) != Ethernet)
            throw new InvalidDataException("not Ethernet");
        var frames = new List<CapturedFrame>();
        for (var rest = file[24..]; rest.Length > 0;)
        {
            if (rest.Length < 16)
                throw new InvalidDataException("the last record is cut short");
            var seconds = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            var fraction = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            var captured = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]);
            var original = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest[12..]);
            if (captured < 14 || captured > rest.Length - 16)
                throw new InvalidDataException("the last record is cut short");
            frames.Add(new CapturedFrame(
                rest.Slice(16, captured).ToArray(), original, seconds * 1_000_000L + (magic == Nano ? fraction / 1000 : fraction)));
            rest = rest[(16 + captured)..];
        }

        return frames;
    }
}
