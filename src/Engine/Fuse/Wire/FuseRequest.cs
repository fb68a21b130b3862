using System.Runtime.InteropServices;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Fuse.Wire;

/// <summary>A request of the kernel's, whose names, numbers and order an IDS VM has chosen.</summary>
public readonly ref struct FuseRequest
{
    private readonly fuse_in_header _head;

    private FuseRequest(scoped in fuse_in_header head, ReadOnlySpan<byte> body)
    {
        _head = head;
        Body = body;
    }

    /// <summary>What is asked for.</summary>
    public uint Opcode => _head.opcode;

    /// <summary>Names it in the answer; all 64 bits, also that which says that it was read before.</summary>
    public ulong Unique => _head.unique;

    /// <summary>Which node it is about.</summary>
    public ulong Node => _head.nodeid;

    /// <summary>What follows the head.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Parses a message; false if it is none: then there is nothing that could be answered.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out FuseRequest request)
    {
        request = default;
        if (!MemoryMarshal.TryRead<fuse_in_header>(message, out var head) || head.len != (uint)message.Length)
            return false;
        var extensions = head.total_extlen * 8;
        if (extensions > message.Length - FuseLimits.RequestHead)
            return false;
        request = new FuseRequest(head, message[FuseLimits.RequestHead..^extensions]);
        return true;
    }

    /// <summary>The fixed part of the arguments; false if there is less. A newer kernel's may be longer.</summary>
    public bool TryRead<T>(out T arguments) where T : unmanaged => MemoryMarshal.TryRead(Body, out arguments);

    /// <summary>
    /// The name of a directory's entry, ended by a zero byte, at <paramref name="offset"/> of the arguments. ENAMETOOLONG as any file
    /// system says; EINVAL for what no kernel sends: nothing, ".", "..", a slash within, or no end.
    /// </summary>
    public Errno TryReadName(int offset, out ReadOnlySpan<byte> name)
    {
        var errno = TryReadText(offset, FuseLimits.Name, Errno.ENAMETOOLONG, out name);
        if (errno != Errno.None)
            return errno;
        if (name.Contains((byte)'/') || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            return Errno.EINVAL;
        return Errno.None;
    }

    /// <summary>The name of an extended attribute, ended by a zero byte; ERANGE if it is too long, as getxattr(2) says.</summary>
    public Errno TryReadAttributeName(int offset, out ReadOnlySpan<byte> name) =>
        TryReadText(offset, FuseLimits.AttributeName, Errno.ERANGE, out name);

    private Errno TryReadText(int offset, int limit, Errno tooLong, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (offset > Body.Length)
            return Errno.EINVAL;
        var rest = Body[offset..];
        var end = rest.IndexOf((byte)0);
        if (end <= 0)
            return Errno.EINVAL;
        if (end > limit)
            return tooLong;
        text = rest[..end];
        return Errno.None;
    }
}
