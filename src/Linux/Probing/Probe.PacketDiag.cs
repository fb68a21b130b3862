using System.Buffers.Binary;
using HyperSpector.Linux.Abi;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Probing;

public static unsafe partial class Probe
{
    /// <summary>Asks for the packet sockets of the calling thread's network namespace (ENOENT: the kernel cannot list them).</summary>
    public static Errno TryPacketDiag()
    {
        const byte AF_PACKET = 17;
        using var socket = NetlinkSocket.Create(SockDiag.NETLINK_SOCK_DIAG);
        // struct nlmsghdr, then struct packet_diag_req: family, protocol, pad, inode, show, cookie[2].
        var request = new byte[16 + 20];
        BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(4), SockDiag.SOCK_DIAG_BY_FAMILY);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(6), SockDiag.NLM_F_REQUEST | SockDiag.NLM_F_DUMP);
        request[16] = AF_PACKET;
        if (NetlinkSocket.TrySend(socket, request) is var sent and not Errno.None)
            return sent;
        if (!Poll.WaitReadable(socket, TimeSpan.FromSeconds(1)))
            return Errno.ETIMEDOUT;
        var answer = new byte[8192];
        if (NetlinkSocket.TryReceive(socket, answer, out var length) is var received and not Errno.None)
            return received;
        return length >= 20 && BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(4)) == SockDiag.NLMSG_ERROR
            ? (Errno)(-BinaryPrimitives.ReadInt32LittleEndian(answer.AsSpan(16)))
            : Errno.None;
    }
}
