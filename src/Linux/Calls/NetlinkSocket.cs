using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>Raw netlink sockets (netlink(7)), non-blocking. They speak for the network namespace they were made in.</summary>
public static class NetlinkSocket
{
    /// <summary>Makes one in the calling thread's namespace.</summary>
    public static FileDescriptor Create(int family) => new(KernelException.Check(
        LibC.socket(LibC.AF_NETLINK, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK, family), "socket(AF_NETLINK)"));

    /// <summary>Is this descriptor a netlink socket (SO_DOMAIN, socket(7))?</summary>
    public static unsafe bool IsNetlink(FileDescriptor descriptor)
    {
        int domain;
        uint length = sizeof(int);
        // SAFETY: the kernel writes at most length bytes. Whatever is no socket fails with ENOTSOCK.
        var result = LibC.getsockopt(descriptor.Number, LibC.SOL_SOCKET, LibC.SO_DOMAIN, &domain, &length);
        GC.KeepAlive(descriptor);
        return result == 0 && domain == LibC.AF_NETLINK;
    }

    /// <summary>Sends a request to the kernel.</summary>
    public static unsafe Errno TrySend(FileDescriptor socket, ReadOnlySpan<byte> request)
    {
        nint count;
        fixed (byte* start = request) // SAFETY: the kernel reads request.Length bytes. Unconnected: port 0, the kernel, is meant.
            count = LibC.send(socket.Number, start, (nuint)request.Length, LibC.MSG_DONTWAIT);
        GC.KeepAlive(socket);
        return count < 0 ? KernelException.LastErrno : Errno.None;
    }

    /// <summary>
    /// Receives one datagram of the kernel's; EAGAIN: none is there; EMSGSIZE: it did not fit; EPERM: somebody else sent it, which
    /// CAP_NET_ADMIN in the socket's namespace allows.
    /// </summary>
    public static unsafe Errno TryReceive(FileDescriptor socket, Span<byte> buffer, out int count)
    {
        count = 0;
        var sender = stackalloc uint[3]; // struct sockaddr_nl: family, port, groups
        nint received;
        LibC.MessageHeader message;
        fixed (byte* start = buffer)
        {
            var vector = new LibC.IoVector { Base = start, Length = (nuint)buffer.Length };
            message = new LibC.MessageHeader { Name = sender, NameLength = 12, Vectors = &vector, VectorCount = 1 };
            // SAFETY: the kernel writes at most buffer.Length and NameLength bytes.
            received = LibC.recvmsg(socket.Number, &message, LibC.MSG_DONTWAIT);
        }

        GC.KeepAlive(socket);
        if (received < 0)
            return KernelException.LastErrno;
        if (message.NameLength != 12 || sender[1] != 0)
            return Errno.EPERM;
        if ((message.Flags & LibC.MSG_TRUNC) != 0)
            return Errno.EMSGSIZE;
        count = (int)received;
        return Errno.None;
    }
}
