using System.Buffers.Binary;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks.Serving;

/// <summary>
/// What the server of the views asks its keeper for, because it needs CAP_SYS_ADMIN: where a renamed directory came from. One SOCK_SEQPACKET
/// message of four bytes with a descriptor beside it; the answer is an errno in four bytes and the text.
/// </summary>
public static class KeeperRequest
{
    /// <summary>Bytes of a request.</summary>
    public const int Size = 4;

    private const uint ReadRedirect = 0x31_52_4b_48; // "HKR1"
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks, from the side that serves. One request at a time.</summary>
    public static Errno Ask(FileDescriptor keeper, FileDescriptor directory, Span<byte> redirect, out int length)
    {
        length = 0;
        Span<byte> message = stackalloc byte[Size + Inode.PathLimit];
        BinaryPrimitives.WriteUInt32LittleEndian(message, ReadRedirect);
        var errno = UnixSocket.TrySend(keeper, message[..Size], directory);
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
        return errno == Errno.None && !text.TryCopyTo(redirect) ? Errno.ERANGE : errno;
    }

    /// <summary>
    /// Answers, on the keeper's side. Whatever is asked, it reads one attribute of what the asker has open already. False: it is no
    /// request, and who sends that has been taken over.
    /// </summary>
    public static bool TryAnswer(FileDescriptor asker, ReadOnlySpan<byte> request, IReadOnlyList<FileDescriptor> descriptors)
    {
        if (request.Length != Size || BinaryPrimitives.ReadUInt32LittleEndian(request) != ReadRedirect || descriptors.Count != 1)
            return false;
        Span<byte> answer = stackalloc byte[Size + Inode.PathLimit];
        var errno = new OwnRedirects().TryRead(descriptors[0], answer[Size..], out var length);
        BinaryPrimitives.WriteInt32LittleEndian(answer, (int)errno);
        return UnixSocket.TrySend(asker, answer[..(Size + length)]) == Errno.None;
    }
}
