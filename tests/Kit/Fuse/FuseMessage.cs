using System.Runtime.InteropServices;
using System.Text;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Tests.Kit.Fuse;

/// <summary>Requests as the kernel writes them, and answers as it reads them.</summary>
public static class FuseMessage
{
    /// <summary>A request without arguments, or with raw ones.</summary>
    public static byte[] Request(fuse_opcode opcode, ulong node, params ReadOnlySpan<byte> body)
    {
        var head = new fuse_in_header
        {
            len = (uint)(40 + body.Length),
            opcode = (uint)opcode,
            unique = 0x8000_0000_0000_0007,
            nodeid = node,
            pid = 42,
        };
        return [.. MemoryMarshal.AsBytes(new ReadOnlySpan<fuse_in_header>(in head)), .. body];
    }

    /// <summary>A request about a name.</summary>
    public static byte[] Named(fuse_opcode opcode, ulong node, string name) => Request(opcode, node, Encoding.Latin1.GetBytes(name + "\0"));

    /// <summary>A request with arguments, and perhaps a name behind them.</summary>
    public static byte[] Request<T>(fuse_opcode opcode, ulong node, T arguments, string? name = null) where T : unmanaged =>
        Request(opcode, node, [.. MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in arguments)), .. Encoding.Latin1.GetBytes(name is null ? "" : name + "\0")]);

    /// <summary>The first request, of a kernel that offers this.</summary>
    public static byte[] Init(ulong flags, uint minor = 45, uint major = 7) => Request(
        fuse_opcode.FUSE_INIT, 0,
        new fuse_init_in { major = major, minor = minor, max_readahead = 131072, flags = (uint)flags, flags2 = (uint)(flags >> 32) });

    /// <summary>What an answer says.</summary>
    public static Errno Error(ReadOnlySpan<byte> reply) => (Errno)(-MemoryMarshal.Read<fuse_out_header>(reply).error);

    /// <summary>What follows its head.</summary>
    public static T Read<T>(ReadOnlySpan<byte> reply, int offset = 0) where T : unmanaged => MemoryMarshal.Read<T>(reply[(16 + offset)..]);
}
