using System.Buffers.Binary;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Cryptography;

namespace HyperSpector.Engine.Integrity.Baselines;

/// <summary>
/// A recorded state, read where it is needed and never as a whole. Whoever opens one has it proved that <see cref="Root"/> is what was
/// accepted; what is read is checked all the same, as if a stranger had written it. Used by one thread.
/// </summary>
internal sealed class Baseline : IDisposable
{
    private readonly BaselinePages _pages;
    private readonly int _records;
    private readonly int _specials;
    private readonly long _heapAt;
    private readonly long _heapLength;

    private Baseline(byte[] root, BaselineFacts facts, BaselinePages pages, int records, int specials, long heapLength)
    {
        RootDigest = root;
        Facts = facts;
        _pages = pages;
        _records = records;
        _specials = specials;
        _heapAt = ((long)records * BaselineFormat.RecordSize) + (specials * 4L);
        _heapLength = heapLength;
    }

    /// <summary>Stands for every byte of it.</summary>
    internal byte[] RootDigest { get; }

    internal BaselineFacts Facts { get; }

    /// <summary>How many records it has, those of directories on the way included.</summary>
    internal int Count => _records;

    /// <summary>The record of the root directory.</summary>
    internal BaselineRecord Root => Record(0);

    /// <summary>Opens one from a file that somebody else may write to.</summary>
    internal static Baseline Open(string path)
    {
        try
        {
            return Read(new FileBytes(Files.OpenRead(path)));
        }
        catch (KernelException failed) when (failed.Errno == Errno.ENOENT)
        {
            throw new IntegrityException($"{path}: there is no such baseline; 'hyperspector-integrity init' makes one");
        }
    }

    /// <summary>Reads the head; the bytes are the baseline's from now on.</summary>
    /// <exception cref="IntegrityException">It is no baseline, or was changed.</exception>
    internal static Baseline Read(IBaselineBytes bytes)
    {
        var pages = default(BaselinePages);
        try
        {
            var fixedPart = new byte[BaselineFormat.FactsAt];
            if (!bytes.TryRead(0, fixedPart) || !fixedPart.AsSpan().StartsWith(BaselineFormat.Magic))
                throw new IntegrityException("this is no baseline, or one of another version");
            var headLength = BinaryPrimitives.ReadUInt32LittleEndian(fixedPart.AsSpan(BaselineFormat.HeadLengthAt));
            var factsLength = BinaryPrimitives.ReadUInt32LittleEndian(fixedPart.AsSpan(BaselineFormat.FactsLengthAt));
            var dataLength = BinaryPrimitives.ReadUInt64LittleEndian(fixedPart.AsSpan(BaselineFormat.DataLengthAt));
            var records = BinaryPrimitives.ReadUInt32LittleEndian(fixedPart.AsSpan(BaselineFormat.RecordsAt));
            var specials = BinaryPrimitives.ReadUInt32LittleEndian(fixedPart.AsSpan(BaselineFormat.SpecialsAt));
            var heapLength = BinaryPrimitives.ReadUInt64LittleEndian(fixedPart.AsSpan(BaselineFormat.HeapLengthAt));
            if (records is 0 or > BaselineFormat.MostRecords || specials > records || heapLength > BaselineFormat.MostHeap
                || factsLength > BaselineFormat.MostFacts
                || dataLength != ((ulong)records * BaselineFormat.RecordSize) + ((ulong)specials * 4) + heapLength)
                throw Damaged("its lengths");
            var pageCount = (dataLength + BaselineFormat.PageSize - 1) / BaselineFormat.PageSize;
            if (headLength != BaselineFormat.FactsAt + factsLength + (pageCount * Sha256.Size) || (ulong)bytes.Length != headLength + dataLength)
                throw Damaged("its length");

            var head = new byte[headLength];
            if (!bytes.TryRead(0, head))
                throw Damaged("its length");
            var root = head[BaselineFormat.RootAt..BaselineFormat.HeadLengthAt];
            if (!Sha256.Of(head[BaselineFormat.HeadLengthAt..]).AsSpan().SequenceEqual(root))
                throw Damaged("its head is not what it was");
            var digestsAt = BaselineFormat.FactsAt + (int)factsLength;
            var facts = BaselineFacts.Read(head.AsSpan(BaselineFormat.FactsAt, (int)factsLength));
            pages = new BaselinePages(bytes, headLength, (long)dataLength, head[digestsAt..]);
            return new Baseline(root, facts, pages, (int)records, (int)specials, (long)heapLength);
        }
        catch
        {
            // The pages own the bytes once they are there.
            (pages as IDisposable ?? bytes).Dispose();
            throw;
        }
    }

    public void Dispose() => _pages.Dispose();

    internal static IntegrityException Damaged(string what) =>
        new($"the baseline is damaged ({what}); put back a copy, or make a new one with 'hyperspector-integrity init'");

    /// <summary>The children of a directory's record, in the order of their names.</summary>
    internal IEnumerable<BaselineRecord> Children(BaselineRecord directory)
    {
        byte[] before = [];
        for (var i = 0; i < directory.ChildCount; i++)
        {
            var child = Child(directory, i);
            var name = Name(child);
            if (i > 0 && name.AsSpan().SequenceCompareTo(before) <= 0)
                throw Damaged("names are out of order");
            before = name;
            yield return child;
        }
    }

    /// <summary>The child of that name; null if there was none.</summary>
    internal BaselineRecord? Find(BaselineRecord directory, ReadOnlySpan<byte> name)
    {
        var (low, high) = (0, (int)directory.ChildCount - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var child = Child(directory, middle);
            var order = Name(child).AsSpan().SequenceCompareTo(name);
            if (order == 0)
                return child;
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    /// <summary>The children to be looked at whatever the upper layer says: their number grows with these, not with the directory.</summary>
    internal IEnumerable<BaselineRecord> SpecialChildren(BaselineRecord directory)
    {
        var (low, high) = (0, _specials);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = Special(middle) < directory.FirstChild ? (middle + 1, high) : (low, middle);
        }

        for (; low < _specials && Special(low) is var index && index - directory.FirstChild < directory.ChildCount; low++)
            yield return Child(directory, (int)(index - directory.FirstChild));
    }

    internal byte[] Name(BaselineRecord record)
    {
        var name = Heap(record.NameOffset, record.NameLength);
        var isName = record.Index == 0 ? name.Length == 0 : name.Length > 0 && !name.AsSpan().ContainsAny((byte)'/', (byte)0);
        return isName ? name : throw Damaged("a name");
    }

    /// <summary>What was recorded of a file.</summary>
    internal FileState State(BaselineRecord record)
    {
        var extras = new ExtrasReader(Heap(record.ExtrasOffset, record.ExtrasLength));
        var has = record.Extras;
        return new FileState
        {
            Status = record.Status,
            Content = (record.Flags & RecordFlags.HasContent) == 0
                ? null
                : _pages.Within(((long)record.Index * BaselineFormat.RecordSize) + 96, Sha256.Size).ToArray(),
            Target = (has & RecordExtras.Target) == 0 ? null : extras.Text(),
            Acl = (has & RecordExtras.Acl) == 0 ? null : extras.Digest(),
            Capability = (has & RecordExtras.Capability) == 0 ? null : extras.Digest(),
            Extended = (has & RecordExtras.Extended) == 0 ? null : extras.Digest(),
        };
    }

    /// <summary>How a directory lay over the lower layers.</summary>
    internal DirectoryMarks Marks(BaselineRecord record)
    {
        byte[]? redirect = null;
        if ((record.Extras & RecordExtras.Redirect) != 0)
        {
            // A directory's other extras are digests.
            var extras = new ExtrasReader(Heap(record.ExtrasOffset, record.ExtrasLength));
            foreach (var kind in (ReadOnlySpan<RecordExtras>)[RecordExtras.Acl, RecordExtras.Capability, RecordExtras.Extended])
            {
                if ((record.Extras & kind) != 0)
                    _ = extras.Digest();
            }

            redirect = (record.Extras & RecordExtras.Target) == 0 ? extras.Text() : throw Damaged("a directory");
        }

        return new DirectoryMarks((record.Flags & RecordFlags.Opaque) != 0, redirect);
    }

    // A child names its directory: so no two directories share one, and no directory lies in itself.
    private BaselineRecord Child(BaselineRecord directory, int index)
    {
        if (directory.FirstChild <= directory.Index || (ulong)directory.FirstChild + directory.ChildCount > (ulong)_records)
            throw Damaged("a directory");
        var child = Record((int)directory.FirstChild + index);
        return child.Parent == directory.Index ? child : throw Damaged("a directory");
    }

    private BaselineRecord Record(int index) =>
        BaselineRecord.Read(index, _pages.Within((long)index * BaselineFormat.RecordSize, BaselineFormat.RecordSize));

    private uint Special(int index)
    {
        var value = BinaryPrimitives.ReadUInt32LittleEndian(_pages.Within(((long)_records * BaselineFormat.RecordSize) + (index * 4L), 4));
        return value < _records ? value : throw Damaged("its special records");
    }

    private byte[] Heap(uint offset, uint length)
    {
        if (offset + (ulong)length > (ulong)_heapLength || length > 64 * 1024)
            throw Damaged("its texts");
        return length == 0 ? [] : _pages.Copy(_heapAt + offset, (int)length);
    }

    private ref struct ExtrasReader(byte[] bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        internal byte[] Text()
        {
            var length = _rest.Length < 2 ? int.MaxValue : BinaryPrimitives.ReadUInt16LittleEndian(_rest);
            if (length > _rest.Length - 2)
                throw Damaged("its texts");
            var text = _rest.Slice(2, length).ToArray();
            _rest = _rest[(2 + length)..];
            return text;
        }

        internal byte[] Digest()
        {
            if (_rest.Length < Sha256.Size)
                throw Damaged("its texts");
            var digest = _rest[..Sha256.Size].ToArray();
            _rest = _rest[Sha256.Size..];
            return digest;
        }
    }
}
