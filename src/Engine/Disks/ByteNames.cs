using System.Diagnostics.CodeAnalysis;

namespace HyperSpector.Engine.Disks;

/// <summary>File names are bytes: compared as such, and looked up without a copy.</summary>
internal sealed class ByteNames : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    internal static ByteNames Comparer { get; } = new();

    /// <summary>Can it be the name of an entry of a directory?</summary>
    internal static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= Linux.Inodes.Inode.NameLimit && !name.ContainsAny((byte)'/', (byte)0) && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8);

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

    // Seeded per process: names are chosen by the server VM, and must not be able to make a bucket long.
    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = new HashCode();
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
