using System.Runtime.InteropServices;

namespace HyperSpector.Linux.Abi;

/// <summary>Listing packet sockets (sock_diag(7)).</summary>
[Header("linux/netlink.h linux/sock_diag.h linux/packet_diag.h")]
public static class SockDiag
{
    /// <summary>The netlink family.</summary>
    public const int NETLINK_SOCK_DIAG = 4;
    /// <summary>Message type of request and answers.</summary>
    public const ushort SOCK_DIAG_BY_FAMILY = 20;
    /// <summary>Ask for <see cref="packet_diag_info"/>.</summary>
    public const uint PACKET_SHOW_INFO = 1;
    /// <summary>Attribute that holds it.</summary>
    public const ushort PACKET_DIAG_INFO = 0;
    /// <summary>A request.</summary>
    public const ushort NLM_F_REQUEST = 1;
    /// <summary>All of them.</summary>
    public const ushort NLM_F_DUMP = 0x300;
    /// <summary>The list changed while it was read; it may lack some.</summary>
    public const ushort NLM_F_DUMP_INTR = 0x10;
    /// <summary>Nothing to be done.</summary>
    public const ushort NLMSG_NOOP = 1;
    /// <summary>A negative errno follows.</summary>
    public const ushort NLMSG_ERROR = 2;
    /// <summary>The list is complete.</summary>
    public const ushort NLMSG_DONE = 3;
}

/// <summary>Head of a netlink message.</summary>
[Header("linux/netlink.h", Type = "struct nlmsghdr")]
[StructLayout(LayoutKind.Sequential)]
public struct NlMsgHdr
{
    /// <summary>Length with this head.</summary>
    public uint nlmsg_len;
    /// <summary>What it is.</summary>
    public ushort nlmsg_type;
    /// <summary>NLM_F_*.</summary>
    public ushort nlmsg_flags;
    /// <summary>Repeated in the answers.</summary>
    public uint nlmsg_seq;
    /// <summary>Sender's port; 0 is the kernel.</summary>
    public uint nlmsg_pid;
}

/// <summary>Head of a netlink attribute; the value follows, padded to 4 bytes.</summary>
[Header("linux/netlink.h", Type = "struct nlattr")]
[StructLayout(LayoutKind.Sequential)]
public struct NlAttr
{
    /// <summary>Length with this head, without the padding.</summary>
    public ushort nla_len;
    /// <summary>What it is.</summary>
    public ushort nla_type;
}

/// <summary>Request for packet sockets.</summary>
[Header("linux/packet_diag.h")]
[StructLayout(LayoutKind.Sequential)]
public struct packet_diag_req
{
    /// <summary>AF_PACKET.</summary>
    public byte sdiag_family;
    /// <summary>0.</summary>
    public byte sdiag_protocol;
    /// <summary>0.</summary>
    public ushort pad;
    /// <summary>One socket only; 0 in a dump.</summary>
    public uint pdiag_ino;
    /// <summary>PACKET_SHOW_*.</summary>
    public uint pdiag_show;
    /// <summary>One socket only.</summary>
    public packet_diag_msg.CookieHalves pdiag_cookie;
}

/// <summary>A packet socket.</summary>
[Header("linux/packet_diag.h")]
[StructLayout(LayoutKind.Sequential)]
public struct packet_diag_msg
{
    /// <summary>AF_PACKET.</summary>
    public byte pdiag_family;
    /// <summary>SOCK_RAW, SOCK_DGRAM, SOCK_PACKET.</summary>
    public byte pdiag_type;
    /// <summary>Protocol it receives, host order; 0: none yet.</summary>
    public ushort pdiag_num;
    /// <summary>Inode of the socket.</summary>
    public uint pdiag_ino;
    /// <summary>Its cookie, in two 32-bit halves.</summary>
    public CookieHalves pdiag_cookie;

    /// <summary>Not one 64-bit number: it is only 4-byte aligned here.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct CookieHalves
    {
        /// <summary>Lower half.</summary>
        public uint Low;
        /// <summary>Upper half.</summary>
        public uint High;
    }
}

/// <summary>What a packet socket is bound to.</summary>
[Header("linux/packet_diag.h")]
[StructLayout(LayoutKind.Sequential)]
public struct packet_diag_info
{
    /// <summary>Interface; 0: all of them.</summary>
    public uint pdi_index;
    /// <summary>TPACKET version.</summary>
    public uint pdi_version;
    /// <summary>Space before each frame.</summary>
    public uint pdi_reserve;
    /// <summary>Copy threshold.</summary>
    public uint pdi_copy_thresh;
    /// <summary>Time stamping.</summary>
    public uint pdi_tstamp;
    /// <summary>PDI_*.</summary>
    public uint pdi_flags;
}
