using System.Buffers.Binary;

namespace HyperSpector.Linux.Inodes;

/// <summary>Goes through what <see cref="Inode.TryReadEntries"/> has read: names without "." and "..".</summary>
public ref struct DirectoryEntries(ReadOnlySpan<byte> read)
{
    // struct linux_dirent64: u64 inode, s64 offset, u16 length at 16, u8 type at 18, name at 19, null-terminated.
    private const int LengthAt = 16, NameAt = 19;

    private ReadOnlySpan<byte> _rest = read;

    /// <summary>The name that <see cref="MoveNext"/> came to.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Goes on to the next name.</summary>
    public bool MoveNext()
    {
        while (_rest.Length > NameAt)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(_rest[LengthAt..]);
            if (length <= NameAt || length > _rest.Length)
                return false;
            var name = _rest[NameAt..length];
            _rest = _rest[length..];
            var end = name.IndexOf((byte)0);
            Current = end < 0 ? name : name[..end];
            if (!Current.SequenceEqual("."u8) && !Current.SequenceEqual(".."u8))
                return true;
        }

        return false;
    }

    /// <summary>For foreach.</summary>
    public readonly DirectoryEntries GetEnumerator() => this;
}
