using HyperSpector.Engine.Fuse.Wire;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse;

/// <summary>
/// Answers one kind of request: an errno, or None and so many bytes in <paramref name="body"/>. An exception harms that request only:
/// it gets EIO.
/// </summary>
internal delegate Errno FuseHandler(FuseServer server, in FuseRequest request, Span<byte> body, out int length);

/// <summary>A row of the table: something that the kernel may ask for.</summary>
/// <param name="Opcode">Its number.</param>
/// <param name="Handler">Who answers; null: it is refused.</param>
/// <param name="Refusal">With what.</param>
/// <param name="IsAnswered">The kernel waits for an answer, and would take one for a mistake where it does not.</param>
internal sealed record FuseOperation(fuse_opcode Opcode, FuseHandler? Handler, Errno Refusal, bool IsAnswered)
{
    /// <summary>As the kernel's header has it.</summary>
    internal string Name { get; } = Opcode.ToString();

    /// <summary>A request that is served.</summary>
    internal static FuseOperation Serve(fuse_opcode opcode, FuseHandler handler) => new(opcode, handler, Errno.None, IsAnswered: true);

    /// <summary>A request that is refused.</summary>
    internal static FuseOperation Refuse(fuse_opcode opcode, Errno errno) => new(opcode, null, errno, IsAnswered: true);

    /// <summary>A message without an answer.</summary>
    internal static FuseOperation Note(fuse_opcode opcode, FuseHandler handler) => new(opcode, handler, Errno.None, IsAnswered: false);
}
