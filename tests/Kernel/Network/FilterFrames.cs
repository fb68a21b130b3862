using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using HyperSpector.Api.Site;

namespace HyperSpector.Tests.Kernel.Network;

/// <summary>A frame, and what its maker knows of it: nobody has to take it apart to tell what a rule should say.</summary>
/// <param name="Bytes">From the destination's MAC on.</param>
/// <param name="Way">Relative to the server.</param>
/// <param name="Protocol">Null: cannot be told.</param>
/// <param name="Ports">Own and peer's; null: cannot be told, or there are none.</param>
/// <param name="HasPorts">False: there are none; null: cannot be told.</param>
/// <param name="Peer">Null: cannot be told.</param>
internal sealed record CraftedFrame(byte[] Bytes, FrameDirection Way, int? Protocol, (int Own, int Peer)? Ports, bool? HasPorts, IPAddress? Peer)
{
    internal string Text => Convert.ToHexString(Bytes);

    /// <summary>Is it copied? Written from the documentation, frame by frame and rule by rule.</summary>
    internal bool IsWanted(FilterSpec filter) =>
        (filter.Only.Count == 0 || filter.Only.Any(r => Agrees(r) != false)) && !filter.Except.Any(r => Agrees(r) == true);

    /// <summary>Null: cannot be told.</summary>
    private bool? Agrees(FilterRule rule)
    {
        var answers = new List<bool?> { rule.Direction is null || rule.Direction == Way };
        if (rule.Protocols.Count > 0)
            answers.Add(Protocol is { } protocol ? rule.Protocols.Contains(protocol) : null);
        if (rule.Ports.Count > 0)
            answers.Add(HasPorts switch { false => false, null => null, true => rule.Ports.Any(p => Ports!.Value.Own >= p.First && Ports.Value.Own <= p.Last) });
        if (rule.PeerPorts.Count > 0)
            answers.Add(HasPorts switch { false => false, null => null, true => rule.PeerPorts.Any(p => Ports!.Value.Peer >= p.First && Ports.Value.Peer <= p.Last) });
        if (rule.Networks.Count > 0)
            answers.Add(Peer is { } peer ? rule.Networks.Any(n => IPNetwork.Parse(n).Contains(peer)) : null);
        return answers.Contains(false) ? false : answers.Contains(null) ? null : true;
    }
}

/// <summary>Makes frames of every kind that a port may carry, and of those that somebody sends who wants to hide.</summary>
internal sealed class FilterFrames(int seed, byte[] machine, byte[] other)
{
    internal static readonly int[] Ports = [22, 53, 80, 443, 5432, 8000, 8050, 8099, 8100];
    private static readonly int[] s_protocols = [1, 2, 6, 6, 6, 17, 17, 33, 47, 50, 51, 58, 132, 136];
    private static readonly IPAddress[] s_peers4 = [IPAddress.Parse("192.0.2.7"), IPAddress.Parse("192.0.3.7"), IPAddress.Parse("198.51.100.1")];
    private static readonly IPAddress[] s_peers6 = [IPAddress.Parse("2001:db8:1::7"), IPAddress.Parse("2001:db8:2::7"), IPAddress.Parse("2001:db9::1")];
    private static readonly IPAddress s_own4 = IPAddress.Parse("203.0.113.9"), s_own6 = IPAddress.Parse("2001:db8:ffff::9");

    private readonly Random _random = new(seed);
    private ulong _number;

    internal CraftedFrame Next(FrameDirection way) => _random.Next(12) switch
    {
        0 => Strange(way),
        1 => Tagged(Packet(way), _random.Next(1, 3)),
        2 => Unknown(Tagged(Packet(way), 3)),
        _ => Packet(way),
    };

    /// <summary>A whole packet of a flow.</summary>
    internal CraftedFrame Flow(FrameDirection way, AddressFamily family, int protocol, int own, int peer, int length = 20)
    {
        var address = family == AddressFamily.InterNetwork ? s_peers4[0] : s_peers6[0];
        var payload = Payload(way, own, peer, length);
        return family == AddressFamily.InterNetwork
            ? V4(way, protocol, address, 5, 0, payload, (own, peer))
            : V6(way, protocol, address, [], payload, (own, peer));
    }

    private CraftedFrame Packet(FrameDirection way)
    {
        var protocol = Pick(s_protocols);
        var (own, peer) = (Pick(Ports), Pick(Ports));
        var payload = Payload(way, own, peer, 8 + _random.Next(100));
        return _random.Next(2) == 0 ? V4(way, protocol, payload, (own, peer)) : V6(way, protocol, payload, (own, peer));
    }

    private CraftedFrame V4(FrameDirection way, int protocol, byte[] payload, (int, int) ports) => _random.Next(6) switch
    {
        // The first piece of a packet, a later one, and one that could be both to a careless reader.
        0 => V4(way, protocol, Pick(s_peers4), 5, Pick([0x2000, 0x2001, 1, 0x1fff]), payload, null),
        1 => V4(way, protocol, Pick(s_peers4), _random.Next(6, 16), 0, payload, ports),
        2 when HasPorts(protocol) => V4(way, protocol, Pick(s_peers4), 5, 0, payload[..3], null),
        3 => V4(way, protocol, Pick(s_peers4), 5, 0x4000, payload, ports),
        _ => V4(way, protocol, Pick(s_peers4), 5, 0, payload, ports),
    };

    private CraftedFrame V4(FrameDirection way, int protocol, IPAddress peer, int words, int fragment, byte[] payload, (int Own, int Peer)? ports)
    {
        var header = new byte[words * 4];
        header[0] = (byte)(0x40 | words);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(header.Length + payload.Length));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)_number);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), (ushort)fragment);
        (header[8], header[9]) = (64, (byte)protocol);
        (way == FrameDirection.In ? peer : s_own4).GetAddressBytes().CopyTo(header, 12);
        (way == FrameDirection.In ? s_own4 : peer).GetAddressBytes().CopyTo(header, 16);
        header.AsSpan(20).Fill(1); // options: no operation
        bool? has = ports is null ? null : HasPorts(protocol);
        // With options there may be a source route: the peer's address is none.
        return Finish(way, 0x0800, [.. header, .. payload], protocol, has == true ? ports : null, has, words == 5 ? peer : null);
    }

    private CraftedFrame V6(FrameDirection way, int protocol, byte[] payload, (int, int) ports)
    {
        var peer = Pick(s_peers6);
        return _random.Next(8) switch
        {
            0 => V6(way, protocol, peer, [.. Enumerable.Repeat(0, _random.Next(1, 2)), .. Enumerable.Repeat(60, _random.Next(0, 6))], payload, ports),
            // Too deep to be followed.
            1 => V6(way, protocol, peer, [.. Enumerable.Repeat(60, _random.Next(8, 12))], payload, null) with { Protocol = null, HasPorts = null },
            2 => V6(way, protocol, peer, [0, 43], payload, ports) with { Peer = null },
            3 => V6(way, protocol, peer, [Pick([44, 51, 135, 139, 140])], payload, null) with { Protocol = null, HasPorts = null },
            4 => V6(way, protocol, peer, [60, 44], payload, null) with { Protocol = null, HasPorts = null },
            5 when HasPorts(protocol) => V6(way, protocol, peer, [60], payload[..2], null) with { HasPorts = null },
            _ => V6(way, protocol, peer, [], payload, ports),
        };
    }

    private CraftedFrame V6(FrameDirection way, int protocol, IPAddress peer, int[] extensions, byte[] payload, (int Own, int Peer)? ports)
    {
        var body = new List<byte>();
        for (var i = 0; i < extensions.Length; i++)
            body.AddRange([(byte)(i + 1 < extensions.Length ? extensions[i + 1] : protocol), 0, 0, 0, 0, 0, 0, 0]);
        body.AddRange(payload);
        var header = new byte[40];
        BinaryPrimitives.WriteUInt32BigEndian(header, 0x6000_0000 | (uint)(_number & 0xfffff));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)body.Count);
        (header[6], header[7]) = ((byte)(extensions.Length > 0 ? extensions[0] : protocol), 64);
        (way == FrameDirection.In ? peer : s_own6).GetAddressBytes().CopyTo(header, 8);
        (way == FrameDirection.In ? s_own6 : peer).GetAddressBytes().CopyTo(header, 24);
        // In IPv6 these two are further headers, and what is behind them cannot be told.
        var known = protocol != 51;
        var has = known && HasPorts(protocol);
        return Finish(way, 0x86dd, [.. header, .. body], known ? protocol : null, has ? ports : null, known ? has : null, peer);
    }

    // What is no IP, or says so and is none.
    private CraftedFrame Strange(FrameDirection way)
    {
        var body = new byte[46];
        _random.NextBytes(body);
        BinaryPrimitives.WriteUInt64BigEndian(body.AsSpan(30), ++_number);
        var kind = _random.Next(5);
        if (kind == 3)
            body[0] = (byte)Pick([0x44, 0x65, 0x55]); // IPv4 with too small a header; another version
        return kind switch
        {
            0 => Unknown(Finish(way, 0x0806, body, null, null, null, null)),
            1 => Unknown(Finish(way, 0x88cc, body, null, null, null, null)),
            2 => Unknown(Finish(way, 46, body, null, null, null, null)),
            3 => Unknown(Finish(way, 0x0800, body, null, null, null, null)),
            _ => Unknown(Finish(way, 0x8863, body, null, null, null, null)),
        };
    }

    private static CraftedFrame Unknown(CraftedFrame frame) => frame with { Protocol = null, Ports = null, HasPorts = null, Peer = null };

    private CraftedFrame Tagged(CraftedFrame frame, int tags)
    {
        var bytes = frame.Bytes.ToList();
        for (var i = 0; i < tags; i++)
            bytes.InsertRange(12, [.. i > 0 && i == tags - 1 ? (byte[])[0x88, 0xa8] : [0x81, 0x00], 0, (byte)_random.Next(1, 255)]);
        return frame with { Bytes = [.. bytes] };
    }

    private CraftedFrame Finish(FrameDirection way, int type, byte[] body, int? protocol, (int, int)? ports, bool? has, IPAddress? peer)
    {
        var head = (byte[])[.. way == FrameDirection.In ? machine : other, .. way == FrameDirection.In ? other : machine, (byte)(type >> 8), (byte)type];
        return new CraftedFrame([.. head, .. body], way, protocol, ports, has, peer);
    }

    private byte[] Payload(FrameDirection way, int own, int peer, int length)
    {
        var payload = new byte[4 + 8 + length];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)(way == FrameDirection.In ? peer : own));
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(2), (ushort)(way == FrameDirection.In ? own : peer));
        BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(4), ++_number);
        return payload;
    }

    private static bool HasPorts(int protocol) => protocol is 6 or 17 or 33 or 132 or 136;

    private T Pick<T>(T[] of) => of[_random.Next(of.Length)];
}
