using System.Runtime.InteropServices;
using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse;

/// <summary>
/// Names of a directory, written straight into the answer to FUSE_READDIR or FUSE_READDIRPLUS. "." and ".." are added like others,
/// in the plain form.
/// </summary>
public ref struct DirectoryListing
{
    private const int EntrySize = 128; // struct fuse_entry_out
    private const int NameOffset = 24; // FUSE_NAME_OFFSET
    private const uint TypeMask = 0xf000; // S_IFMT

    private readonly Span<byte> _buffer;

    /// <summary>An empty listing that grows into <paramref name="buffer"/>.</summary>
    public DirectoryListing(Span<byte> buffer, bool plus)
    {
        _buffer = buffer;
        Plus = plus;
    }

    /// <summary>Are entries wanted along with the names?</summary>
    public bool Plus { get; }

    /// <summary>How much of the buffer is in use.</summary>
    public int Length { get; private set; }

    /// <summary>Is there room for a name of this length? To be asked before its entry is looked up.</summary>
    public readonly bool Fits(int nameLength) => RecordSize(nameLength) <= _buffer.Length - Length;

    /// <summary>Adds a name alone: in a listing of the other kind the kernel looks it up when it needs to. False: it is full.</summary>
    /// <param name="name">The name.</param>
    /// <param name="inode">Its inode number.</param>
    /// <param name="type">S_IF*, or a mode with it.</param>
    /// <param name="next">Where the listing goes on after it.</param>
    /// <exception cref="ArgumentException">For such a name the kernel would refuse the whole listing.</exception>
    public bool TryAdd(ReadOnlySpan<byte> name, ulong inode, uint type, ulong next)
    {
        Check(name);
        if (!Fits(name.Length))
            return false;
        var record = _buffer[Length..];
        if (Plus)
        {
            // A node number of 0 means here that nothing is told, not that there is nothing (fuse_direntplus_link).
            record[..EntrySize].Clear();
            record = record[EntrySize..];
        }

        Write(record, name, inode, type, next);
        return true;
    }

    /// <summary>
    /// Adds a name with its entry, which then counts as a lookup; only in a listing that wants them. False: it is full, and nothing
    /// counts.
    /// </summary>
    public bool TryAdd(ReadOnlySpan<byte> name, in FuseEntry entry, ulong next)
    {
        if (!Plus)
            throw new InvalidOperationException("an entry in a listing of names would be a lookup that nobody forgets");
        Check(name);
        if (!Fits(name.Length))
            return false;
        var record = _buffer[Length..];
        MemoryMarshal.Write(record, FuseEncoding.Entry(entry));
        Write(record[EntrySize..], name, entry.Attributes.Inode, entry.Attributes.Mode, next);
        return true;
    }

    /// <summary>Takes back the lookups of a listing that the kernel did not take.</summary>
    internal static void Forget(ReadOnlySpan<byte> records, IFuseTree tree)
    {
        while (MemoryMarshal.TryRead<fuse_entry_out>(records, out var entry)
            && MemoryMarshal.TryRead<fuse_dirent>(records[EntrySize..], out var name))
        {
            if (entry.nodeid != 0)
                tree.Forget(entry.nodeid, 1);
            records = records[Math.Min(records.Length, EntrySize + Aligned(NameOffset + (int)name.namelen))..];
        }
    }

    private static void Check(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.Length > FuseLimits.Name || name.Contains((byte)'/'))
            throw new ArgumentException("a name that no directory has", nameof(name));
    }

    private static int Aligned(int length) => (length + 7) & ~7;

    private readonly int RecordSize(int nameLength) => (Plus ? EntrySize : 0) + Aligned(NameOffset + nameLength);

    private void Write(Span<byte> record, ReadOnlySpan<byte> name, ulong inode, uint type, ulong next)
    {
        var head = new fuse_dirent { ino = inode, off = next, namelen = (uint)name.Length, type = (type & TypeMask) >> 12 };
        MemoryMarshal.Write(record, in head);
        name.CopyTo(record[NameOffset..]);
        // The kernel copies the padding: it must not hold what an earlier answer left there.
        record[(NameOffset + name.Length)..Aligned(NameOffset + name.Length)].Clear();
        Length += RecordSize(name.Length);
    }
}
