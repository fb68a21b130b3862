using System.Buffers.Binary;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Cryptography;

namespace HyperSpector.Engine.Integrity.Baselines;

/// <summary>
/// Collects a baseline: 128 bytes and a name for each file. The same tree gives the same bytes: directories are added as a walk comes to
/// them, states in the order of the walk.
/// </summary>
internal sealed class BaselineBuilder
{
    private readonly List<byte[]> _records = [];
    private readonly List<byte[]> _heap = [];
    private long _heapLength;
    private int _count;

    /// <summary>Begins with the root.</summary>
    internal BaselineBuilder() => _ = Add(new BaselineRecord());

    /// <summary>How many records there are.</summary>
    internal int Count => _count;

    /// <summary>Adds the children of a directory, all at once and sorted by name.</summary>
    /// <returns>The number of the first.</returns>
    internal int AddChildren(int directory, IReadOnlyList<byte[]> names)
    {
        var first = _count;
        foreach (var name in names)
            _ = Add(new BaselineRecord { Parent = (uint)directory, NameOffset = Append(name), NameLength = (ushort)name.Length });
        Change(directory, record => record with { FirstChild = (uint)first, ChildCount = (uint)names.Count });
        return first;
    }

    /// <summary>Says where a file lies; a special one is also noted in all directories above it.</summary>
    internal void Place(int index, RecordFlags flags, Attributes attributes, EntryStatus status)
    {
        Change(index, record => record with { Flags = record.Flags | flags, Attributes = attributes, Status = status });
        for (var above = index; (flags & RecordFlags.Special) != 0 && above != 0;)
        {
            above = (int)Get(above).Parent;
            if ((Get(above).Flags & RecordFlags.SpecialBelow) != 0)
                break;
            Change(above, record => record with { Flags = record.Flags | RecordFlags.SpecialBelow });
        }
    }

    /// <summary>Adds what was measured of a file, and the marks of a directory.</summary>
    internal void Set(int index, FileState state, DirectoryMarks marks)
    {
        var extras = RecordExtras.None;
        var bytes = new List<byte>();
        Text(RecordExtras.Target, state.Target);
        Digest(RecordExtras.Acl, state.Acl);
        Digest(RecordExtras.Capability, state.Capability);
        Digest(RecordExtras.Extended, state.Extended);
        Text(RecordExtras.Redirect, marks.Redirect);
        var offset = Append([.. bytes]);
        var flags = (state.Content is null ? RecordFlags.None : RecordFlags.HasContent) | (marks.Opaque ? RecordFlags.Opaque : RecordFlags.None);
        Change(index, record => record with
        {
            Flags = record.Flags | flags,
            Extras = extras,
            ExtrasOffset = offset,
            ExtrasLength = (uint)bytes.Count,
            Status = state.Status,
        });
        state.Content?.CopyTo(Slot(index)[96..]);

        void Text(RecordExtras kind, byte[]? text)
        {
            if (text is null)
                return;
            extras |= kind;
            bytes.AddRange([(byte)text.Length, (byte)(text.Length >> 8)]);
            bytes.AddRange(text);
        }

        void Digest(RecordExtras kind, byte[]? digest)
        {
            if (digest is null)
                return;
            extras |= kind;
            bytes.AddRange(digest);
        }
    }

    /// <summary>Writes it; what stood there is gone.</summary>
    /// <returns>The root digest.</returns>
    internal byte[] Write(Stream into, BaselineFacts facts)
    {
        var factBytes = facts.Write();
        if (factBytes.Length > BaselineFormat.MostFacts)
            throw new IntegrityException("the policy and the list of mounts are too long for a baseline");
        var specials = Specials();
        var dataLength = ((long)_count * BaselineFormat.RecordSize) + specials.Length + _heapLength;
        var pages = (int)((dataLength + BaselineFormat.PageSize - 1) / BaselineFormat.PageSize);
        var head = new byte[BaselineFormat.FactsAt + factBytes.Length + (pages * Sha256.Size)];

        into.SetLength(0);
        into.Position = head.Length;
        using (var data = new PageWriter(into, head.AsMemory(BaselineFormat.FactsAt + factBytes.Length)))
        {
            for (var i = 0; i < _count; i += BaselineFormat.RecordsPerPage)
                data.Add(_records[i / BaselineFormat.RecordsPerPage].AsSpan(0, Math.Min(BaselineFormat.RecordsPerPage, _count - i) * BaselineFormat.RecordSize));
            data.Add(specials);
            for (var i = 0; i < _heap.Count; i++)
                data.Add(_heap[i].AsSpan(0, (int)Math.Min(BaselineFormat.PageSize, _heapLength - ((long)i * BaselineFormat.PageSize))));
            data.Finish();
        }

        BaselineFormat.Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(BaselineFormat.HeadLengthAt), head.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(BaselineFormat.FactsLengthAt), factBytes.Length);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(BaselineFormat.DataLengthAt), dataLength);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(BaselineFormat.RecordsAt), _count);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(BaselineFormat.SpecialsAt), specials.Length / 4);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(BaselineFormat.HeapLengthAt), _heapLength);
        factBytes.CopyTo(head.AsSpan(BaselineFormat.FactsAt));
        var root = Sha256.Of(head[BaselineFormat.HeadLengthAt..]);
        root.CopyTo(head.AsSpan(BaselineFormat.RootAt));
        into.Position = 0;
        into.Write(head);
        into.Flush();
        return root;
    }

    private byte[] Specials()
    {
        using var numbers = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        for (var i = 0; i < _count; i++)
        {
            if ((Get(i).Flags & (RecordFlags.Special | RecordFlags.SpecialBelow)) == 0)
                continue;
            BinaryPrimitives.WriteInt32LittleEndian(number, i);
            numbers.Write(number);
        }

        return numbers.ToArray();
    }

    private int Add(BaselineRecord record)
    {
        if (_count == BaselineFormat.MostRecords)
            throw new IntegrityException($"more than {BaselineFormat.MostRecords} files are selected; let the policy ignore some");
        if (_count % BaselineFormat.RecordsPerPage == 0)
            _records.Add(new byte[BaselineFormat.PageSize]);
        record.Write(Slot(_count));
        return _count++;
    }

    private BaselineRecord Get(int index) => BaselineRecord.Read(index, Slot(index));

    private void Change(int index, Func<BaselineRecord, BaselineRecord> change) => change(Get(index)).Write(Slot(index));

    private Span<byte> Slot(int index) => _records[index / BaselineFormat.RecordsPerPage]
        .AsSpan(index % BaselineFormat.RecordsPerPage * BaselineFormat.RecordSize, BaselineFormat.RecordSize);

    private uint Append(ReadOnlySpan<byte> bytes)
    {
        var offset = _heapLength;
        if (offset + bytes.Length > uint.MaxValue)
            throw new IntegrityException("the names of the selected files are more than 4 GiB; let the policy ignore some");
        while (!bytes.IsEmpty)
        {
            var at = (int)(_heapLength % BaselineFormat.PageSize);
            if (at == 0)
                _heap.Add(new byte[BaselineFormat.PageSize]);
            var part = Math.Min(bytes.Length, BaselineFormat.PageSize - at);
            bytes[..part].CopyTo(_heap[^1].AsSpan(at));
            bytes = bytes[part..];
            _heapLength += part;
        }

        return (uint)offset;
    }

    // Cuts what is written into pages, and notes their digests.
    private sealed class PageWriter(Stream into, Memory<byte> digests) : IDisposable
    {
        private readonly Sha256 _hash = new();
        private int _filled;
        private int _page;

        internal void Add(ReadOnlySpan<byte> bytes)
        {
            into.Write(bytes);
            while (!bytes.IsEmpty)
            {
                var part = Math.Min(bytes.Length, BaselineFormat.PageSize - _filled);
                _hash.Add(bytes[..part]);
                bytes = bytes[part..];
                _filled += part;
                if (_filled == BaselineFormat.PageSize)
                    EndPage();
            }
        }

        internal void Finish()
        {
            if (_filled > 0)
                EndPage();
        }

        public void Dispose() => _hash.Dispose();

        private void EndPage()
        {
            _hash.Finish(digests.Span.Slice(_page++ * Sha256.Size, Sha256.Size));
            _filled = 0;
        }
    }
}
