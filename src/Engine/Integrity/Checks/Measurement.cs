using HyperSpector.Engine.Integrity.Policies;
using HyperSpector.Engine.Integrity.Trees;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Integrity.Checks;

/// <summary>One file to be measured, and what to do with what came out.</summary>
internal sealed class Measurement
{
    internal required TreeDirectory Directory { get; init; }

    /// <summary>With its zero.</summary>
    internal required byte[] Name { get; init; }

    /// <summary>As the walk saw it.</summary>
    internal required EntryStatus Status { get; init; }

    /// <summary>What of it is wanted.</summary>
    internal required Attributes Wanted { get; init; }

    /// <summary>How much of its content is to be hashed, at most.</summary>
    internal required ulong ContentLength { get; init; }

    /// <summary>Called in the order of the walk, by the thread that walks, with what it is now; null and an error if it could not be read.</summary>
    internal required Action<FileState?, Errno> Done { get; init; }

    internal FileState? Result { get; set; }

    internal Errno Error { get; set; }
}
