namespace HyperSpector.Engine.Integrity.Baselines;

/// <summary>
/// The file of a baseline, in little-endian numbers. A head, which the root digest at a fixed place covers, and data in pages, whose
/// digests are in the head: whoever trusts 32 bytes trusts all, and a check reads and hashes only the pages that it needs.
/// </summary>
/// <remarks>
/// <code>
///  0  magic                       40  length of the head          72  facts, each a length and its bytes
///  8  root: SHA-256 of 40…head    44  length of the facts             digests of the pages, 32 bytes each
///                                 48  length of the data              (end of the head)
///                                 56  records                         records, 128 bytes each
///                                 60  special records                 numbers of the special records, 4 bytes each
///                                 64  length of the heap              heap: names, texts of links, digests of attributes
/// </code>
/// A directory's records stand together, sorted by name, behind that of the directory itself. Special are records that a look at the
/// upper layer would not lead to: what is not a lower file, hard links, and all directories above one of these.
/// </remarks>
internal static class BaselineFormat
{
    internal const int RootAt = 8, HeadLengthAt = 40, FactsLengthAt = 44, DataLengthAt = 48, RecordsAt = 56, SpecialsAt = 60, HeapLengthAt = 64;
    internal const int FactsAt = 72;
    internal const int PageSize = 64 * 1024;
    internal const int RecordSize = 128;
    internal const int RecordsPerPage = PageSize / RecordSize;

    /// <summary>Bytes of the facts: the policy and the list of mounts.</summary>
    internal const int MostFacts = 1 << 20;

    /// <summary>Files of a server VM that can be recorded.</summary>
    internal const int MostRecords = 32 << 20;

    /// <summary>All of their names and texts.</summary>
    internal const long MostHeap = 1L << 32;

    internal static ReadOnlySpan<byte> Magic => "HSINTEG1"u8;
}
