using System.Buffers.Binary;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks.Serving;

/// <summary>
/// What the server of the views asks its keeper for, because it needs CAP_SYS_ADMIN: what overlayfs has noted with a file. One
/// SOCK_SEQPACKET message of four bytes, which say what mark, with a descriptor beside it; the answer is an errno in four bytes and the value.
/// </summary>
public static class KeeperRequest
{
    private const int Size = 4;

    private const uint FirstMark = 0x30_4d_4b_48; // "HKM0"
    private const uint LastMark = FirstMark + ((uint)LayerMark.Metacopy << 24);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks, from the side that serves. One request at a time.</summary>
    public static Errno Ask(FileDescriptor keeper, FileDescriptor file, LayerMark mark, Span<byte> value, out int length)
    {
        length = 0;
        Span<byte> message = stackalloc byte[Size + Inode.PathLimit];
        BinaryPrimitives.WriteUInt32LittleEndian(message, FirstMark + ((uint)mark << 24));
        var errno = UnixSocket.TrySend(keeper, message[..Size], file);
        if (errno != Errno.None)
            return Errno.EIO;
        if (!Poll.WaitReadable(keeper, s_patience))
            return Errno.EIO;
        var none = new List<FileDescriptor>();
        errno = UnixSocket.TryReceive(keeper, message, none, out var count);
        foreach (var unwanted in none)
            unwanted.Dispose();
        if (errno != Errno.None || count < Size)
            return Errno.EIO;
        var text = message[Size..count];
        length = text.Length;
        errno = (Errno)BinaryPrimitives.ReadInt32LittleEndian(message);
        return errno == Errno.None && !text.TryCopyTo(value) ? Errno.ERANGE : errno;
    }

    /// <summary>What came of listening to who asks.</summary>
    public enum Outcome
    {
        /// <summary>It was answered, or there was nothing yet.</summary>
        Listening,

        /// <summary>Nobody asks any more.</summary>
        Closed,

        /// <summary>It is no request, and who sends that has been taken over; or who asked does not take the answer.</summary>
        Refused,
    }

    /// <summary>
    /// Receives one request and answers it, on the keeper's side. Whatever is asked, it reads one attribute of what the asker has open already.
    /// </summary>
    public static Outcome Serve(FileDescriptor asker)
    {
        Span<byte> request = stackalloc byte[Size];
        var descriptors = new List<FileDescriptor>();
        var errno = UnixSocket.TryReceive(asker, request, descriptors, out var count);
        try
        {
            if (errno == Errno.EAGAIN)
                return Outcome.Listening;
            if (errno != Errno.None || count == 0)
                return Outcome.Closed;
            return TryAnswer(asker, request[..count], descriptors) ? Outcome.Listening : Outcome.Refused;
        }
        finally
        {
            foreach (var descriptor in descriptors)
                descriptor.Dispose();
        }
    }

    private static bool TryAnswer(FileDescriptor asker, ReadOnlySpan<byte> request, List<FileDescriptor> descriptors)
    {
        if (request.Length != Size || descriptors.Count != 1)
            return false;
        var asked = BinaryPrimitives.ReadUInt32LittleEndian(request);
        if (asked is < FirstMark or > LastMark || (asked - FirstMark) % (1 << 24) != 0)
            return false;
        Span<byte> answer = stackalloc byte[Size + Inode.PathLimit];
        var errno = new OwnMarks().TryRead(descriptors[0], (LayerMark)((asked - FirstMark) >> 24), answer[Size..], out var length);
        BinaryPrimitives.WriteInt32LittleEndian(answer, (int)errno);
        return UnixSocket.TrySend(asker, answer[..(Size + length)]) == Errno.None;
    }
}
