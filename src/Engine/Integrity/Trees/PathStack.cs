namespace HyperSpector.Engine.Integrity.Trees;

/// <summary>The path of a walk: empty at the root, else a slash before each name.</summary>
internal sealed class PathStack
{
    private byte[] _bytes = new byte[4096];
    private int _length;

    internal ReadOnlySpan<byte> Current => _bytes.AsSpan(0, _length);

    /// <summary>How many names it has.</summary>
    internal int Depth { get; private set; }

    internal void Push(ReadOnlySpan<byte> name)
    {
        if (_length + 1 + name.Length > _bytes.Length)
            Array.Resize(ref _bytes, (_bytes.Length * 2) + name.Length);
        _bytes[_length] = (byte)'/';
        name.CopyTo(_bytes.AsSpan(_length + 1));
        _length += 1 + name.Length;
        Depth++;
    }

    internal void Pop()
    {
        _length = Current.LastIndexOf((byte)'/');
        Depth--;
    }

    /// <summary>As it is told to people: the root is a slash.</summary>
    internal byte[] Copy() => _length == 0 ? [(byte)'/'] : Current.ToArray();
}
