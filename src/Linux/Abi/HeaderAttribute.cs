namespace HyperSpector.Linux.Abi;

/// <summary>
/// Which kernel or libc header a type copies. <c>tests/Abi</c> finds every type that carries it and has a C compiler compare
/// each constant, enum member, offset and size with that header; nothing else is needed to put a new type under test.
/// </summary>
/// <param name="path">As C includes it: <c>linux/seccomp.h</c>. Several, in order, are separated by spaces.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum)]
public sealed class HeaderAttribute(string path) : Attribute
{
    /// <summary>The header or headers.</summary>
    public string Path { get; } = path;

    /// <summary>What C calls the type; default: <c>struct</c> and our own name.</summary>
    public string? Type { get; init; }
}

/// <summary>
/// A constant or type that is younger than the oldest headers we build with: compared only where the header knows
/// <see cref="Macro"/>.
/// </summary>
/// <param name="kernel">The kernel version that brought it, e.g. <c>6.6</c>.</param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Struct)]
public sealed class SinceAttribute(string kernel) : Attribute
{
    /// <summary>The first kernel that has it.</summary>
    public string Kernel { get; } = kernel;

    /// <summary>The macro whose presence tells; default: the constant's own name (which must then be a macro).</summary>
    public string? Macro { get; init; }
}

/// <summary>Ours alone: no header has it, so nothing compares it.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class OursAttribute : Attribute;
