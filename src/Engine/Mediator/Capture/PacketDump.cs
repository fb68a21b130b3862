using System.Runtime.InteropServices;
using HyperSpector.Linux;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Mediator.Capture;

/// <summary>The door to the kernel's list of packet sockets.</summary>
public interface IDiagChannel
{
    /// <summary>Sends a request.</summary>
    Errno TrySend(ReadOnlySpan<byte> request);

    /// <summary>Receives a datagram; EAGAIN: there is none; EPERM: it was not the kernel's.</summary>
    Errno TryReceive(Span<byte> buffer, out int count);
}

/// <summary>One dump after the other, each in small steps: between them trapped calls are answered.</summary>
public sealed class PacketDump(IDiagChannel channel)
{
    private const int DatagramsPerStep = 8;

    // The kernel fills a datagram up to the largest buffer that it saw, 32 KiB at most (netlink(7), af_netlink.c).
    private readonly byte[] _buffer = new byte[32 * 1024];
    private PacketSockets? _found;
    private uint _sequence;

    /// <summary>Is a dump under way?</summary>
    public bool IsRunning => _found is not null;

    /// <summary>Asks for a dump; false if it cannot be had.</summary>
    public bool TryStart()
    {
        var request = new Request
        {
            Head = new NlMsgHdr
            {
                nlmsg_len = 36,
                nlmsg_type = SockDiag.SOCK_DIAG_BY_FAMILY,
                nlmsg_flags = SockDiag.NLM_F_REQUEST | SockDiag.NLM_F_DUMP,
                nlmsg_seq = ++_sequence,
            },
            Body = new packet_diag_req
            {
                sdiag_family = Syscalls.Socket.AF_PACKET,
                pdiag_show = SockDiag.PACKET_SHOW_INFO,
            },
        };
        _found = null;
        if (channel.TrySend(MemoryMarshal.AsBytes(new ReadOnlySpan<Request>(in request))) != Errno.None)
            return false;
        _found = new PacketSockets();
        return true;
    }

    /// <summary>
    /// Goes on reading. True when the dump has ended: with what it found, or with null if it is worth nothing (an error, a change
    /// under way, something that is not the kernel's word).
    /// </summary>
    public bool Step(out PacketSockets? found)
    {
        found = null;
        for (var i = 0; i < DatagramsPerStep && _found is not null; i++)
        {
            var errno = channel.TryReceive(_buffer, out var count);
            if (errno == Errno.EPERM)
                continue;
            var part = errno == Errno.None ? _found.Add(_buffer.AsSpan(0, count), _sequence) : PacketSockets.Part.Refused;
            if (part == PacketSockets.Part.More)
                continue;
            if (part == PacketSockets.Part.Last && !_found.Interrupted)
                found = _found;
            _found = null;
        }

        return _found is null;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Request
    {
        internal NlMsgHdr Head;
        internal packet_diag_req Body;
    }
}
