namespace HyperSpector.Engine.Disks.Changes;

/// <summary>Where a walk is: an absolute path in bytes, without a slash at its end; empty for the root.</summary>
internal sealed class WalkedPath
{
    private byte[] _bytes = new byte[4096];

    /// <summary>Bytes of the path.</summary>
    internal int Length { get; private set; }

    /// <summary>The path.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>One name further down.</summary>
    internal void Push(ReadOnlySpan<byte> name)
    {
        if (Length + 1 + name.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + 1 + name.Length));
        _bytes[Length] = (byte)'/';
        name.CopyTo(_bytes.AsSpan(Length + 1));
        Length += 1 + name.Length;
    }

    /// <summary>Back to where it was so long.</summary>
    internal void Cut(int length) => Length = length;

    /// <summary>Somewhere else.</summary>
    internal void Set(ReadOnlySpan<byte> path)
    {
        Length = 0;
        foreach (var part in path.Split((byte)'/'))
        {
            if (!path[part].IsEmpty)
                Push(path[part]);
        }
    }
}
