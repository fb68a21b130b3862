using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Traffic.Wire;

namespace HyperSpector.Tests.Kit.Traffic.Raw;

/// <summary>A packet socket on the interface that handmade frames enter by; sees what the server answers, too.</summary>
public sealed class RawLink : IDisposable
{
    private readonly Socket _socket;
    private readonly RawEntry _entry;
    private readonly byte[] _buffer = new byte[128 * 1024];

    public RawLink(RawEntry entry)
    {
        _entry = entry;
        _socket = NetworkNamespace.Run(entry.Namespace, () =>
        {
            var index = (int)Interfaces.IndexOf(entry.Interface);
            if (index == 0)
                throw new IOException($"no interface {entry.Interface} in {entry.Namespace}");
            var socket = new Socket(
                AddressFamily.Packet, SocketType.Raw, (ProtocolType)BinaryPrimitives.ReverseEndianness(LinkEndPoint.AllProtocols))
            {
                ReceiveBufferSize = 8 * 1024 * 1024,
            };
            socket.Bind(new LinkEndPoint(index, LinkEndPoint.AllProtocols));
            return socket;
        });
    }

    /// <summary>Sends an IP packet as it is.</summary>
    public void Send(ReadOnlySpan<byte> packet) => _ = _socket.Send(Packets.Frame(_entry.ServerMac, _entry.SourceMac, packet));

    /// <summary>The next packet to <paramref name="address"/> that <paramref name="wanted"/> takes; null after the timeout.</summary>
    public byte[]? Receive(IPAddress address, Func<ReceivedPacket, bool> wanted, TimeSpan timeout)
    {
        var mine = address.GetAddressBytes();
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var left = timeout - Stopwatch.GetElapsedTime(started);
            if (left <= TimeSpan.Zero || !_socket.Poll(left, SelectMode.SelectRead))
                return null;
            var count = _socket.Receive(_buffer);
            var frame = _buffer.AsSpan(0, count);
            if (count < 34 || !frame[6..12].SequenceEqual(_entry.ServerMac))
                continue;
            if (ReceivedPacket.Parse(frame[14..].ToArray()) is { } packet
                && packet.Destination.AsSpan().SequenceEqual(mine) && wanted(packet))
            {
                return packet.Bytes;
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
