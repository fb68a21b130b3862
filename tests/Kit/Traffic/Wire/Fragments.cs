using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace HyperSpector.Tests.Kit.Traffic.Wire;

/// <summary>One piece of a packet: where it claims to stand and what it holds.</summary>
/// <param name="Offset">In bytes; a multiple of eight.</param>
/// <param name="Data">Its bytes.</param>
/// <param name="More">More pieces follow.</param>
public sealed record Piece(int Offset, byte[] Data, bool More);

/// <summary>Packets in pieces, of both IP versions.</summary>
public static class Fragments
{
    /// <summary>Cuts a payload into honest pieces of at most <paramref name="size"/> bytes (a multiple of eight).</summary>
    public static IReadOnlyList<Piece> Cut(byte[] payload, int size) =>
    [
        .. Enumerable.Range(0, (payload.Length + size - 1) / size).Select(i => new Piece(
            i * size, payload[(i * size)..Math.Min(payload.Length, (i + 1) * size)], (i + 1) * size < payload.Length)),
    ];

    /// <summary>The packet of one piece.</summary>
    public static byte[] Packet(IPAddress source, IPAddress destination, byte protocol, ushort id, Piece piece)
    {
        if (source.AddressFamily == AddressFamily.InterNetwork)
        {
            return Packets.Ip(source, destination, protocol, piece.Data, new IpFields
            {
                Id = id,
                FragmentOffset = piece.Offset,
                MoreFragments = piece.More,
            });
        }

        // RFC 8200 §4.5: next header, reserved, offset in eights with the M bit, identification.
        var body = new byte[8 + piece.Data.Length];
        body[0] = protocol;
        BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(2), (ushort)(piece.Offset | (piece.More ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(4), id);
        piece.Data.CopyTo(body, 8);
        return Packets.Ip(source, destination, Packets.Fragment, body);
    }
}
