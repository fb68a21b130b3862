using System.Buffers.Binary;
using System.Text;

namespace HyperSpector.Engine.Integrity.Baselines;

/// <summary>What a baseline says of itself.</summary>
/// <param name="Generation">Of the lower layers, when it was made.</param>
/// <param name="Policy">The text of the policy.</param>
/// <param name="Mounts">Paths at which something was mounted.</param>
/// <param name="Made">When, in seconds since 1970.</param>
internal sealed record BaselineFacts(string Generation, byte[] Policy, IReadOnlyList<byte[]> Mounts, long Made)
{
    internal byte[] Write()
    {
        using var bytes = new MemoryStream();
        Field(bytes, Encoding.UTF8.GetBytes(Generation));
        Field(bytes, Policy);
        Field(bytes, [.. Mounts.SelectMany(m => m.Append((byte)0))]);
        var made = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(made, Made);
        Field(bytes, made);
        return bytes.ToArray();
    }

    /// <exception cref="IntegrityException">It is damaged.</exception>
    internal static BaselineFacts Read(ReadOnlySpan<byte> bytes)
    {
        var generation = Field(ref bytes);
        var policy = Field(ref bytes);
        var mounts = Field(ref bytes);
        var made = Field(ref bytes);
        if (made.Length != 8 || !bytes.IsEmpty || generation.Length > 1024 || (!mounts.IsEmpty && mounts[^1] != 0))
            throw Baseline.Damaged("its facts");
        var paths = new List<byte[]>();
        foreach (var range in mounts.Split((byte)0))
        {
            if (mounts[range] is { IsEmpty: false } path)
                paths.Add(path.ToArray());
        }

        return new BaselineFacts(Encoding.UTF8.GetString(generation), policy.ToArray(), paths, BinaryPrimitives.ReadInt64LittleEndian(made));
    }

    private static void Field(MemoryStream into, ReadOnlySpan<byte> value)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, value.Length);
        into.Write(length);
        into.Write(value);
    }

    private static ReadOnlySpan<byte> Field(ref ReadOnlySpan<byte> bytes)
    {
        var length = bytes.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length > bytes.Length - 4)
            throw Baseline.Damaged("its facts");
        var value = bytes.Slice(4, (int)length);
        bytes = bytes[(4 + (int)length)..];
        return value;
    }
}
