using System.Buffers.Binary;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Disks;

/// <summary>
/// The nodes that the IDS VM's kernel knows, in a file of memory that outlives us: whoever serves after us goes on with the same numbers,
/// and knows what to withdraw. Appended to by one pwrite(2) a change; what a death leaves half written is the end of the file.
/// </summary>
/// <remarks>
/// How often the kernel was given a node stands in its record and is written over in place; who dies in the middle leaves it too high, never too low, and
/// then a node that the kernel has forgotten stays.
/// Layout: eight bytes that tell where it begins, then records. When more than half of it is of nodes that are gone, everything is written again behind the end,
/// the beginning is moved there by one write, and the room before is given back (fallocate(2), FALLOC_FL_PUNCH_HOLE).
/// Preconditions of everything: the tree's lock is held.
/// </remarks>
internal sealed class NodeJournal : IDisposable
{
    private const int Head = 8;
    private const int FixedSize = 40;
    private const int LookupsAt = 36;
    private const int SlackLimit = 256 * 1024;

    private enum Kind : byte
    {
        Added = 1,
        Detached = 2,
        Removed = 3,
    }

    private readonly FileDescriptor _file;
    private long _start;
    private long _end;
    private long _dead;
    private Func<IEnumerable<Node>>? _all;

    /// <summary>Takes ownership.</summary>
    /// <param name="file">A memfd; empty for a new beginning.</param>
    internal NodeJournal(FileDescriptor file)
    {
        _file = file;
        Span<byte> head = stackalloc byte[Head];
        _start = FileIo.ReadAt(file, head, 0) == Head ? BinaryPrimitives.ReadInt64LittleEndian(head) : 0;
        // Not of ours: who wrote it was taken over, and whoever reads it does without.
        if (_start < Head || _start > (long)NodeStatus.Of(file).Size)
        {
            FileIo.Truncate(file, 0);
            _start = Head;
            MoveStart();
        }

        _end = _start;
    }

    /// <summary>A node as it was noted.</summary>
    internal readonly record struct Entry(
        long At, ulong Id, ulong Parent, int Mount, uint Type, ulong Inode, ulong Lookups, bool IsUpper, bool IsDetached, byte[] Name);

    /// <summary>The last number that was used by then.</summary>
    internal ulong Last { get; private set; }

    /// <summary>Reads what an earlier process noted, in the order in which it came to be; to be called first.</summary>
    /// <param name="end">Numbers of this life are below: others are not of ours, and who wrote them may have been taken over.</param>
    internal IReadOnlyCollection<Entry> Read(ulong end)
    {
        var known = new OrderedDictionary<ulong, Entry>();
        var record = new byte[FixedSize + Linux.Inodes.Inode.NameLimit];
        while (TryReadOne(record, out var length))
        {
            var id = BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(8));
            var at = _end;
            _end += length;
            if (id <= NodeTable.RootId || id >= end)
                continue;
            Last = Math.Max(Last, id);
            switch ((Kind)record[2])
            {
                case Kind.Added:
                    known[id] = Parse(at, id, record.AsSpan(0, length));
                    break;
                case Kind.Detached when known.TryGetValue(id, out var detached):
                    known[id] = detached with { IsDetached = true };
                    break;
                case Kind.Removed:
                    _ = known.Remove(id);
                    break;
                default:
                    break;
            }
        }

        // Half of a record: what we append would not cover all of it.
        FileIo.Truncate(_file, _end);
        return known.Values;
    }

    /// <summary>From now on it is written; <paramref name="all"/> tells every node, for when it is written anew.</summary>
    internal void Begin(Func<IEnumerable<Node>> all) => _all = all;

    internal void Added(Node node)
    {
        Last = Math.Max(Last, node.Id);
        Append(node);
        if (node.Parent is null)
            Append(Kind.Detached, node.Id);
        Tidy();
    }

    /// <summary>The kernel was given it once more, or has given up some of what it had.</summary>
    internal void Counted(Node node)
    {
        Span<byte> count = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(count, CountOf(node));
        FileIo.WriteAt(_file, count, node.NotedAt + LookupsAt);
    }

    internal void Detached(Node node) => Append(Kind.Detached, node.Id);

    internal void Removed(Node node)
    {
        Append(Kind.Removed, node.Id);
        _dead += (2 * FixedSize) + node.Name.Length;
        Tidy();
    }

    public void Dispose() => _file.Dispose();

    private bool TryReadOne(byte[] record, out int length)
    {
        length = 0;
        var count = FileIo.ReadAt(_file, record, _end);
        if (count < FixedSize)
            return false;
        length = BinaryPrimitives.ReadUInt16LittleEndian(record);
        return length >= FixedSize && length <= count && record[2] is >= (byte)Kind.Added and <= (byte)Kind.Removed;
    }

    private static Entry Parse(long at, ulong id, ReadOnlySpan<byte> record) => new(
        at,
        id,
        BinaryPrimitives.ReadUInt64LittleEndian(record[16..]),
        BinaryPrimitives.ReadInt32LittleEndian(record[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(record[32..]),
        BinaryPrimitives.ReadUInt64LittleEndian(record[24..]),
        BinaryPrimitives.ReadUInt32LittleEndian(record[LookupsAt..]),
        record[3] == 1,
        IsDetached: false,
        record[FixedSize..].ToArray());

    private void Append(Node node)
    {
        Span<byte> record = stackalloc byte[FixedSize + Linux.Inodes.Inode.NameLimit];
        var length = FixedSize + node.Name.Length;
        Begin(record, Kind.Added, length, node.Id);
        record[3] = node.Identity.IsUpper ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], node.Identity.Mount?.Index ?? -1);
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], (node.Parent ?? node.FormerParent)?.Id ?? 0);
        BinaryPrimitives.WriteUInt64LittleEndian(record[24..], node.Identity.Inode);
        BinaryPrimitives.WriteUInt32LittleEndian(record[32..], node.Identity.Type);
        BinaryPrimitives.WriteUInt32LittleEndian(record[LookupsAt..], CountOf(node));
        node.Name.CopyTo(record[FixedSize..]);
        node.NotedAt = _end;
        Write(record[..length]);
    }

    private void Append(Kind kind, ulong id)
    {
        Span<byte> record = stackalloc byte[FixedSize];
        Begin(record, kind, FixedSize, id);
        Write(record);
    }

    // 0: not counted.
    private static uint CountOf(Node node) => node.IsUncounted ? 0 : (uint)Math.Min(node.Lookups, uint.MaxValue);

    private static void Begin(Span<byte> record, Kind kind, int length, ulong id)
    {
        record[..FixedSize].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(record, (ushort)length);
        record[2] = (byte)kind;
        BinaryPrimitives.WriteUInt64LittleEndian(record[8..], id);
    }

    private void Write(ReadOnlySpan<byte> record)
    {
        FileIo.WriteAt(_file, record, _end);
        _end += record.Length;
    }

    private void Tidy()
    {
        if (_dead < SlackLimit || _dead * 2 < _end - _start || _all is null)
            return;
        var before = _start;
        var start = _end;
        // That nothing of it is left does not make a number one that may be used again.
        Append(Kind.Removed, Last);
        // Parents first: who reads it links each node to one that is there.
        foreach (var node in _all().OrderBy(n => n.Id))
        {
            Append(node);
            if (node.Parent is null)
                Append(Kind.Detached, node.Id);
        }

        _start = start;
        MoveStart();
        _dead = 0;
        FileIo.PunchHole(_file, Math.Max(before, Head), start - Math.Max(before, Head));
    }

    private void MoveStart()
    {
        Span<byte> head = stackalloc byte[Head];
        BinaryPrimitives.WriteInt64LittleEndian(head, _start);
        FileIo.WriteAt(_file, head, 0);
    }
}
