using System.Buffers.Binary;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>What the kernel tells whoever listens (netlink(7)): that something was changed, by whomever, in a network namespace.</summary>
public static class NetlinkGroups
{
    // linux/netlink.h, linux/rtnetlink.h, linux/netfilter/nfnetlink.h
    private const int NETLINK_ROUTE = 0;
    private const int NETLINK_NETFILTER = 12;
    private const uint RTMGRP_LINK = 1;
    private const uint RTMGRP_TC = 8;
    private const int NFNLGRP_NFTABLES = 7;

    /// <summary>A socket that becomes readable when an interface, a queueing discipline or a filter of it is changed.</summary>
    public static FileDescriptor Links() => Listen(NETLINK_ROUTE, RTMGRP_LINK | RTMGRP_TC);

    /// <summary>A socket that becomes readable when the nftables ruleset is changed.</summary>
    public static FileDescriptor Rules() => Listen(NETLINK_NETFILTER, 1u << (NFNLGRP_NFTABLES - 1));

    /// <summary>Throws away what was told; more than the socket could hold counts as told, too.</summary>
    public static void Drain(FileDescriptor socket)
    {
        // One datagram is at most as long as the kernel's own buffers; what does not fit is cut, and not read anyway.
        Span<byte> buffer = stackalloc byte[256];
        // Bounded: whoever changes rules without end shall not keep us here.
        for (var i = 0; i < 10_000 && NetlinkSocket.TryReceive(socket, buffer, out _) != Errno.EAGAIN; i++)
        {
        }
    }

    private static unsafe FileDescriptor Listen(int family, uint groups)
    {
        var socket = NetlinkSocket.Create(family);
        var address = stackalloc byte[12]; // struct sockaddr_nl: family, padding, port (0: the kernel chooses), groups
        new Span<byte>(address, 12).Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(new Span<byte>(address, 2), LibC.AF_NETLINK);
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(address + 8, 4), groups);
        // SAFETY: the kernel reads 12 bytes.
        _ = KernelException.Check(LibC.bind(socket.Number, address, 12), "bind(AF_NETLINK)");
        GC.KeepAlive(socket);
        return socket;
    }
}
