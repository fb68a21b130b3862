using System.Runtime.InteropServices;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Engine.Mediator.Capture;

/// <summary>
/// The packet sockets of a network namespace, as one PACKET_DIAG dump tells (sock_diag(7), linux/packet_diag.h). Parsing is pure:
/// bytes in, facts or a refusal out. How many sockets there are is up to the IDS VM, so only a bounded number of facts is kept.
/// </summary>
public sealed class PacketSockets
{
    /// <summary>Interfaces that are told apart; with more, every interface counts as captured on.</summary>
    public const int InterfaceLimit = 256;

    private readonly HashSet<uint> _interfaces = [];

    /// <summary>Is there any packet socket?</summary>
    public bool Any { get; private set; }

    /// <summary>Does one listen on all interfaces, or is it not bound yet?</summary>
    public bool Everywhere { get; private set; }

    /// <summary>The kernel says that sockets came or went meanwhile: some may be missing.</summary>
    public bool Interrupted { get; private set; }

    /// <summary>Would a frame on this interface be captured?</summary>
    public bool Captures(int interfaceIndex) => Everywhere || _interfaces.Contains((uint)interfaceIndex);

    /// <summary>What one datagram of a dump meant.</summary>
    public enum Part
    {
        /// <summary>Malformed, or an error of the kernel's: the dump is worth nothing.</summary>
        Refused,

        /// <summary>There is more to come.</summary>
        More,

        /// <summary>It was the last.</summary>
        Last,
    }

    /// <summary>Adds what a datagram says. Messages with another sequence number are of an earlier dump and skipped.</summary>
    public Part Add(ReadOnlySpan<byte> datagram, uint sequence)
    {
        while (datagram.Length > 0)
        {
            if (!MemoryMarshal.TryRead<NlMsgHdr>(datagram, out var head)
                || head.nlmsg_len < 16 || head.nlmsg_len > (uint)datagram.Length)
            {
                return Part.Refused;
            }

            var body = datagram[16..(int)head.nlmsg_len];
            datagram = datagram[Math.Min(Aligned((int)head.nlmsg_len), datagram.Length)..];
            if (head.nlmsg_seq != sequence)
                continue;
            if ((head.nlmsg_flags & SockDiag.NLM_F_DUMP_INTR) != 0)
                Interrupted = true;
            switch (head.nlmsg_type)
            {
                case SockDiag.NLMSG_DONE:
                    // Its body is the dump's result: 0, or a negative errno.
                    return MemoryMarshal.TryRead<int>(body, out var result) && result < 0 ? Part.Refused : Part.Last;
                case SockDiag.NLMSG_NOOP:
                    continue;
                case SockDiag.SOCK_DIAG_BY_FAMILY:
                    if (!TryAddSocket(body))
                        return Part.Refused;
                    continue;
                default:
                    return Part.Refused;
            }
        }

        return Part.More;
    }

    private bool TryAddSocket(ReadOnlySpan<byte> body)
    {
        if (!MemoryMarshal.TryRead<packet_diag_msg>(body, out var socket) || socket.pdiag_family != Syscalls.Socket.AF_PACKET)
            return false;
        Any = true;
        var attributes = body[16..];
        while (attributes.Length > 0)
        {
            if (!MemoryMarshal.TryRead<NlAttr>(attributes, out var head)
                || head.nla_len < 4 || head.nla_len > attributes.Length)
            {
                return false;
            }

            var value = attributes[4..head.nla_len];
            attributes = attributes[Math.Min(Aligned(head.nla_len), attributes.Length)..];
            if (head.nla_type != SockDiag.PACKET_DIAG_INFO)
                continue;
            if (!MemoryMarshal.TryRead<packet_diag_info>(value, out var info))
                return false;
            Bound(info.pdi_index);
            return true;
        }

        // No information about it: take the worst.
        Everywhere = true;
        return true;
    }

    private void Bound(uint interfaceIndex)
    {
        // A socket without a protocol yet (libpcap's, between socket and bind) is not bound either and counts.
        if (interfaceIndex == 0 || (_interfaces.Count >= InterfaceLimit && !_interfaces.Contains(interfaceIndex)))
            Everywhere = true;
        else
            _ = _interfaces.Add(interfaceIndex);
    }

    private static int Aligned(int length) => (length + 3) & ~3;
}
