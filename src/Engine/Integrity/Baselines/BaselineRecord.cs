using System.Buffers.Binary;
using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Integrity.Baselines;

/// <summary>Where a file was, and what its record holds.</summary>
[Flags]
internal enum RecordFlags : byte
{
    None = 0,

    /// <summary>The policy selects it; else it is only on the way to what is selected.</summary>
    Selected = 1,

    /// <summary>It lay in a lower layer (the paper's SF_LOWER).</summary>
    Lower = 2,

    /// <summary>There was nothing: the upper layer hid what lower ones have (the paper's S_IFWHT).</summary>
    Whiteout = 4,

    /// <summary>A directory that hid what lower layers have in it.</summary>
    Opaque = 8,

    /// <summary>A check of what has changed looks at it, whatever the upper layer says.</summary>
    Special = 0x10,

    /// <summary>A directory with such a file below it.</summary>
    SpecialBelow = 0x20,

    /// <summary>Its content is recorded.</summary>
    HasContent = 0x40,
}

/// <summary>What follows in the heap, in this order.</summary>
[Flags]
internal enum RecordExtras : byte
{
    None = 0,
    Target = 1,
    Acl = 2,
    Capability = 4,
    Extended = 8,
    Redirect = 0x10,
}

/// <summary>One record, of 128 bytes, as it stands in the file.</summary>
internal readonly record struct BaselineRecord
{
    internal int Index { get; init; }
    internal uint Parent { get; init; }
    internal uint FirstChild { get; init; }
    internal uint ChildCount { get; init; }
    internal uint NameOffset { get; init; }
    internal ushort NameLength { get; init; }
    internal RecordFlags Flags { get; init; }
    internal RecordExtras Extras { get; init; }
    internal uint ExtrasOffset { get; init; }
    internal uint ExtrasLength { get; init; }
    internal Attributes Attributes { get; init; }
    internal EntryStatus Status { get; init; }

    internal bool IsSelected => (Flags & RecordFlags.Selected) != 0;

    internal bool IsWhiteout => (Flags & RecordFlags.Whiteout) != 0;

    internal static BaselineRecord Read(int index, ReadOnlySpan<byte> from) => new()
    {
        Index = index,
        Parent = BinaryPrimitives.ReadUInt32LittleEndian(from),
        FirstChild = BinaryPrimitives.ReadUInt32LittleEndian(from[4..]),
        ChildCount = BinaryPrimitives.ReadUInt32LittleEndian(from[8..]),
        NameOffset = BinaryPrimitives.ReadUInt32LittleEndian(from[12..]),
        NameLength = BinaryPrimitives.ReadUInt16LittleEndian(from[16..]),
        Flags = (RecordFlags)from[18],
        Extras = (RecordExtras)from[19],
        ExtrasOffset = BinaryPrimitives.ReadUInt32LittleEndian(from[20..]),
        Attributes = (Attributes)BinaryPrimitives.ReadUInt32LittleEndian(from[24..]),
        ExtrasLength = BinaryPrimitives.ReadUInt32LittleEndian(from[44..]),
        Status = new EntryStatus
        {
            Mode = BinaryPrimitives.ReadUInt32LittleEndian(from[28..]),
            User = BinaryPrimitives.ReadUInt32LittleEndian(from[32..]),
            Group = BinaryPrimitives.ReadUInt32LittleEndian(from[36..]),
            Links = BinaryPrimitives.ReadUInt32LittleEndian(from[40..]),
            Inode = BinaryPrimitives.ReadUInt64LittleEndian(from[48..]),
            Size = BinaryPrimitives.ReadUInt64LittleEndian(from[56..]),
            Modified = BinaryPrimitives.ReadInt64LittleEndian(from[64..]),
            Changed = BinaryPrimitives.ReadInt64LittleEndian(from[72..]),
            Node = BinaryPrimitives.ReadUInt64LittleEndian(from[80..]),
        },
    };

    internal void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(into, Parent);
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], FirstChild);
        BinaryPrimitives.WriteUInt32LittleEndian(into[8..], ChildCount);
        BinaryPrimitives.WriteUInt32LittleEndian(into[12..], NameOffset);
        BinaryPrimitives.WriteUInt16LittleEndian(into[16..], NameLength);
        into[18] = (byte)Flags;
        into[19] = (byte)Extras;
        BinaryPrimitives.WriteUInt32LittleEndian(into[20..], ExtrasOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(into[24..], (uint)Attributes);
        BinaryPrimitives.WriteUInt32LittleEndian(into[28..], Status.Mode);
        BinaryPrimitives.WriteUInt32LittleEndian(into[32..], Status.User);
        BinaryPrimitives.WriteUInt32LittleEndian(into[36..], Status.Group);
        BinaryPrimitives.WriteUInt32LittleEndian(into[40..], Status.Links);
        BinaryPrimitives.WriteUInt32LittleEndian(into[44..], ExtrasLength);
        BinaryPrimitives.WriteUInt64LittleEndian(into[48..], Status.Inode);
        BinaryPrimitives.WriteUInt64LittleEndian(into[56..], Status.Size);
        BinaryPrimitives.WriteInt64LittleEndian(into[64..], Status.Modified);
        BinaryPrimitives.WriteInt64LittleEndian(into[72..], Status.Changed);
        BinaryPrimitives.WriteUInt64LittleEndian(into[80..], Status.Node);
    }
}
