using HyperSpector.Linux.Abi;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Mediator;

/// <summary>A socket that lists the packet sockets of another network namespace (sock_diag(7)).</summary>
public static class DiagSocket
{
    /// <summary>
    /// Makes one in the network namespace of a process. It speaks for that namespace for ever, and for no other, whoever holds it.
    /// </summary>
    public static FileDescriptor Create(int pid) => Create($"/proc/{pid}/ns/net");

    /// <summary>Makes one in the network namespace behind a path.</summary>
    public static FileDescriptor Create(string path) =>
        NetworkNamespace.Run(path, () => NetlinkSocket.Create(SockDiag.NETLINK_SOCK_DIAG));
}
