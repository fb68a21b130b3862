using System.Runtime.InteropServices;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Tests.Unit.Mediator;

/// <summary>PACKET_DIAG datagrams as the kernel writes them.</summary>
internal static class Dumps
{
    internal static byte[] Message(ushort type, uint sequence, byte[] body, ushort flags = 2)
    {
        var head = new NlMsgHdr
        {
            nlmsg_len = (uint)(16 + body.Length),
            nlmsg_type = type,
            nlmsg_flags = flags,
            nlmsg_seq = sequence,
        };
        byte[] bytes = [.. Raw(head), .. body];
        Array.Resize(ref bytes, (bytes.Length + 3) & ~3);
        return bytes;
    }

    internal static byte[] Socket(uint sequence, uint interfaceIndex, ushort flags = 2) => Message(
        SockDiag.SOCK_DIAG_BY_FAMILY, sequence,
        [
            .. Raw(new packet_diag_msg { pdiag_family = 17, pdiag_type = 3, pdiag_num = 3 }),
            // An attribute that we do not ask for first: the order is the kernel's.
            .. Attribute(7, [1, 2, 3]),
            .. Attribute(SockDiag.PACKET_DIAG_INFO, Raw(new packet_diag_info { pdi_index = interfaceIndex })),
        ],
        flags);

    internal static byte[] SocketWithoutInfo(uint sequence) =>
        Message(SockDiag.SOCK_DIAG_BY_FAMILY, sequence, Raw(new packet_diag_msg { pdiag_family = 17 }));

    internal static byte[] Done(uint sequence, int result = 0) => Message(SockDiag.NLMSG_DONE, sequence, BitConverter.GetBytes(result));

    internal static byte[] Error(uint sequence) => Message(SockDiag.NLMSG_ERROR, sequence, BitConverter.GetBytes(-2));

    internal static byte[] Attribute(ushort type, byte[] value)
    {
        byte[] bytes = [.. Raw(new NlAttr { nla_len = (ushort)(4 + value.Length), nla_type = type }), .. value];
        Array.Resize(ref bytes, (bytes.Length + 3) & ~3);
        return bytes;
    }

    private static byte[] Raw<T>(T value) where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
