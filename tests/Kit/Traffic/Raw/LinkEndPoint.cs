using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace HyperSpector.Tests.Kit.Traffic.Raw;

/// <summary>struct sockaddr_ll (packet(7)) as the runtime's sockets want it.</summary>
internal sealed class LinkEndPoint(int interfaceIndex, ushort protocol) : EndPoint
{
    internal const ushort AllProtocols = 3; // ETH_P_ALL

    public override AddressFamily AddressFamily => AddressFamily.Packet;

    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Packet, 20);
        var bytes = address.Buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], protocol);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], interfaceIndex);
        return address;
    }
}
