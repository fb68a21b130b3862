using System.Buffers.Binary;

namespace HyperSpector.Linux.Calls;

/// <summary>One entry of a listing (getdents64(2)).</summary>
public readonly ref struct DirectoryEntry
{
    // struct linux_dirent64: u64 inode, s64 offset, u16 length of the entry, u8 type, name, zero, padding.
    private const int LengthAt = 16, TypeAt = 18, NameAt = 19;

    private DirectoryEntry(ReadOnlySpan<byte> name, byte type)
    {
        Name = name;
        Type = type;
    }

    /// <summary>With the zero byte at its end.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>DT_* (dirent.h): the type's four bits of st_mode; 0 where the file system does not say.</summary>
    public byte Type { get; }

    /// <summary>Takes the next entry off a listing, but for <c>.</c> and <c>..</c>; false at its end.</summary>
    /// <exception cref="KernelException">EIO: what the file system gave is no listing.</exception>
    public static bool Next(ref ReadOnlySpan<byte> listing, out DirectoryEntry entry)
    {
        while (!listing.IsEmpty)
        {
            var length = listing.Length > NameAt ? BinaryPrimitives.ReadUInt16LittleEndian(listing[LengthAt..]) : 0;
            var end = length > NameAt && length <= listing.Length ? listing[NameAt..length].IndexOf((byte)0) : -1;
            if (end <= 0)
                throw new KernelException("getdents64", Errno.EIO);
            entry = new DirectoryEntry(listing.Slice(NameAt, end + 1), listing[TypeAt]);
            listing = listing[length..];
            if (!(end <= 2 && entry.Name[..end].IndexOfAnyExcept((byte)'.') < 0))
                return true;
        }

        entry = default;
        return false;
    }
}
