using System.Text;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>How a Unix socket delivers.</summary>
public enum UnixSocketKind
{
    /// <summary>Bytes.</summary>
    Stream = LibC.SOCK_STREAM,

    /// <summary>Whole messages, in order, over a connection.</summary>
    SequencedPacket = LibC.SOCK_SEQPACKET,
}

/// <summary>Unix sockets that carry descriptors (unix(7)). Every socket is O_CLOEXEC and non-blocking.</summary>
public static class UnixSocket
{
    /// <summary>Descriptors in one message; more are closed by the kernel on arrival.</summary>
    public const int DescriptorLimit = 16;

    private const int Flags = LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK;

    // CMSG_SPACE(16 descriptors).
    private const int ControlSize = 16 + DescriptorLimit * sizeof(int);

    /// <summary>Binds and listens; a stale socket of that path is replaced. Only our user can connect, from the first moment.</summary>
    public static FileDescriptor Listen(string path, UnixSocketKind kind, int backlog = 16)
    {
        var socket = Create(kind);
        try
        {
            File.Delete(path);
            // The socket file takes its mode from the socket's own inode (unix_bind_bsd), so it is never open to others.
            _ = KernelException.Check(LibC.fchmod(socket.Number, 0x180 /* 0600 */), "fchmod", path);
            _ = KernelException.Check(Bind(socket, path), "bind", path);
            _ = KernelException.Check(LibC.listen(socket.Number, backlog), "listen", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects; says why not (ENOENT, ECONNREFUSED, EAGAIN: its queue is full) where nobody may listen yet.</summary>
    public static Errno TryConnect(string path, UnixSocketKind kind, out FileDescriptor? connected)
    {
        connected = null;
        var socket = Create(kind);
        if (Connect(socket, path) < 0)
        {
            var errno = KernelException.LastErrno;
            socket.Dispose();
            return errno;
        }

        connected = socket;
        return Errno.None;
    }

    /// <summary>Two connected sockets.</summary>
    public static unsafe (FileDescriptor One, FileDescriptor Other) Pair(UnixSocketKind kind)
    {
        var pair = stackalloc int[2];
        // SAFETY: socketpair fills exactly two ints.
        _ = KernelException.Check(LibC.socketpair(LibC.AF_UNIX, (int)kind | Flags, 0, pair), "socketpair");
        return (new FileDescriptor(pair[0]), new FileDescriptor(pair[1]));
    }

    /// <summary>The next connection, or null if there is none (any more).</summary>
    public static unsafe FileDescriptor? TryAccept(FileDescriptor listening)
    {
        var descriptor = LibC.accept4(listening.Number, null, null, Flags);
        if (descriptor >= 0)
            return new FileDescriptor(descriptor);
        var errno = KernelException.LastErrno;
        // accept(2): the peer may have gone between poll and accept.
        return errno is Errno.EAGAIN or Errno.EINTR or Errno.ECONNABORTED ? null : throw new KernelException("accept4", errno);
    }

    /// <summary>Who connected (SO_PEERCRED: as of its connect or socketpair, whatever it became since).</summary>
    public static unsafe uint PeerUser(FileDescriptor socket)
    {
        LibC.Credentials credentials;
        uint length = (uint)sizeof(LibC.Credentials);
        // SAFETY: the kernel writes at most length bytes, a struct ucred.
        _ = KernelException.Check(
            LibC.getsockopt(socket.Number, LibC.SOL_SOCKET, LibC.SO_PEERCRED, &credentials, &length), "getsockopt(SO_PEERCRED)");
        GC.KeepAlive(socket);
        return credentials.User;
    }

    /// <summary>Sends bytes with descriptors. EAGAIN: the peer's queue is full; EPIPE, ECONNRESET: it is gone.</summary>
    public static unsafe Errno TrySend(FileDescriptor socket, ReadOnlySpan<byte> bytes, params ReadOnlySpan<FileDescriptor> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, DescriptorLimit);
        var control = stackalloc byte[ControlSize];
        new Span<byte>(control, ControlSize).Clear();
        var header = (LibC.ControlHeader*)control;
        *header = new LibC.ControlHeader
        {
            Length = (nuint)(16 + descriptors.Length * sizeof(int)),
            Level = LibC.SOL_SOCKET,
            Type = LibC.SCM_RIGHTS,
        };
        for (var i = 0; i < descriptors.Length; i++)
            ((int*)(control + 16))[i] = descriptors[i].Number;
        fixed (byte* start = bytes)
        {
            var vector = new LibC.IoVector { Base = start, Length = (nuint)bytes.Length };
            var message = new LibC.MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (descriptors.Length > 0)
            {
                message.Control = control;
                message.ControlLength = (nuint)(16 + (descriptors.Length * sizeof(int) + 7) / 8 * 8);
            }

            // SAFETY: vector, control and bytes are on the stack or pinned until sendmsg returns; it keeps none of them.
            while (LibC.sendmsg(socket.Number, &message, LibC.MSG_NOSIGNAL | LibC.MSG_DONTWAIT) < 0)
            {
                if (KernelException.LastErrno != Errno.EINTR)
                    return KernelException.LastErrno;
            }
        }

        GC.KeepAlive(socket);
        foreach (var descriptor in descriptors)
            GC.KeepAlive(descriptor);
        return Errno.None;
    }

    /// <summary>
    /// Receives a message with its descriptors, which the caller owns from then on. 0 bytes and no error: the peer has closed.
    /// EMSGSIZE: the message was longer than the buffer; its descriptors are closed.
    /// </summary>
    public static unsafe Errno TryReceive(
        FileDescriptor socket, Span<byte> buffer, ICollection<FileDescriptor> descriptors, out int count)
    {
        var control = stackalloc byte[ControlSize];
        LibC.MessageHeader message;
        nint received;
        fixed (byte* start = buffer)
        {
            var vector = new LibC.IoVector { Base = start, Length = (nuint)buffer.Length };
            do
            {
                message = new LibC.MessageHeader
                {
                    Vectors = &vector,
                    VectorCount = 1,
                    Control = control,
                    ControlLength = ControlSize,
                };
                // SAFETY: the kernel writes at most buffer.Length and ControlSize bytes.
                received = LibC.recvmsg(socket.Number, &message, LibC.MSG_CMSG_CLOEXEC | LibC.MSG_DONTWAIT);
            }
            while (received < 0 && KernelException.LastErrno == Errno.EINTR);
        }

        GC.KeepAlive(socket);
        count = (int)received;
        if (received < 0)
            return KernelException.LastErrno;
        var truncated = (message.Flags & LibC.MSG_TRUNC) != 0;
        // SAFETY: the kernel has written ControlLength bytes of well-formed control messages; each header says its own length.
        for (nuint at = 0; at + 16 <= message.ControlLength;)
        {
            var header = (LibC.ControlHeader*)(control + at);
            if (header->Length < 16 || header->Length > message.ControlLength - at)
                break;
            if (header->Level == LibC.SOL_SOCKET && header->Type == LibC.SCM_RIGHTS)
            {
                for (nuint i = 0; i < (header->Length - 16) / sizeof(int); i++)
                {
                    var descriptor = new FileDescriptor(((int*)(control + at + 16))[i]);
                    if (truncated)
                        descriptor.Dispose();
                    else
                        descriptors.Add(descriptor);
                }
            }

            at += (header->Length + 7) / 8 * 8;
        }

        return truncated ? Errno.EMSGSIZE : Errno.None;
    }

    private static FileDescriptor Create(UnixSocketKind kind) =>
        new(KernelException.Check(LibC.socket(LibC.AF_UNIX, (int)kind | Flags, 0), "socket(AF_UNIX)"));

    private static unsafe int Bind(FileDescriptor socket, string path)
    {
        var address = stackalloc byte[LibC.UnixAddressSize];
        return LibC.bind(socket.Number, address, Fill(address, path));
    }

    private static unsafe int Connect(FileDescriptor socket, string path)
    {
        var address = stackalloc byte[LibC.UnixAddressSize];
        return LibC.connect(socket.Number, address, Fill(address, path));
    }

    private static unsafe uint Fill(byte* address, string path)
    {
        new Span<byte>(address, LibC.UnixAddressSize).Clear();
        *(ushort*)address = LibC.AF_UNIX;
        // The path ends with a NUL inside sun_path's 108 bytes.
        if (Encoding.UTF8.GetByteCount(path) > 107)
            throw new KernelException("bind", Errno.ENAMETOOLONG, path);
        // SAFETY: at most 107 bytes are written behind the family, into 110 - 2.
        return (uint)(2 + Encoding.UTF8.GetBytes(path, new Span<byte>(address + 2, 107)) + 1);
    }
}
