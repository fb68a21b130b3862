using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using CsCheck;
using HyperSpector.Api;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Configuration.Keys;
using HyperSpector.Engine.Network.Mirror;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Configuration;

/// <summary>Filters of mirrors: the tables that the kernel is given mean what the rules say, for frames of which all or only some is known.</summary>
public class FilterTargets
{
    private static readonly int[] s_protocols = [1, 6, 17, 47, 58, 132];
    private static readonly int[] s_ports = [0, 22, 53, 80, 443, 8000, 8050, 8099, 65535];
    private static readonly string[] s_addresses = ["192.0.2.1", "192.0.2.200", "198.51.100.7", "10.1.2.3", "2001:db8::1", "2001:db9::1", "::ffff:192.0.2.1", "::c000:201"];

    private static readonly Gen<FrameDirection?> s_direction = Gen.OneOfConst<FrameDirection?>(null, FrameDirection.In, FrameDirection.Out);

    private static readonly Gen<PortRange> s_range = Gen.Select(Gen.OneOfConst(s_ports), Gen.OneOfConst(s_ports), (a, b) => new PortRange(Math.Min(a, b), Math.Max(a, b)));

    private static readonly Gen<string> s_network = Gen.Select(Gen.OneOfConst(s_addresses), Gen.Int[0, 32]).Select((text, shorter) =>
    {
        var address = IPAddress.Parse(text);
        var length = Math.Max(0, (address.GetAddressBytes().Length * 8) - (shorter * 4));
        return $"{IpText.Masked(address, length)}/{length}";
    });

    private static readonly Gen<FilterRule> s_rule = Gen.Select(
        s_direction, Gen.OneOfConst(s_protocols).List[0, 3], s_range.List[0, 2], s_range.List[0, 2], s_network.List[0, 2],
        (direction, protocols, ports, peers, networks) => new FilterRule { Direction = direction, Protocols = protocols, Ports = ports, PeerPorts = peers, Networks = networks });

    private static readonly Gen<FilterSpec> s_filter = Gen.Select(s_rule.List[0, 6], s_rule.List[0, 6], (only, except) => new FilterSpec { Only = only, Except = except });

    // What of a frame is known; what is not is null.
    private sealed record Frame(FrameDirection Direction, int? Protocol, bool PortsKnown, int Own, int Peer, IPAddress? Other);

    private static readonly Gen<Frame> s_frame = Gen.Select(
        Gen.OneOfConst(FrameDirection.In, FrameDirection.Out), Gen.OneOfConst(s_protocols), Gen.Int[0, 7], Gen.OneOfConst(s_ports), Gen.OneOfConst(s_ports), Gen.OneOfConst(s_addresses),
        (direction, protocol, unknown, own, peer, other) => new Frame(
            direction, (unknown & 1) != 0 ? null : protocol, (unknown & 3) == 0, own, peer, (unknown & 4) != 0 ? null : IPAddress.Parse(other)));

    [Fact]
    public void Image_AnyRules_CopiesWhatTheRulesSay() => Target.Run(Gen.Select(s_filter, s_frame.List[1, 20]), sample =>
    {
        var image = FilterImage.Of(sample.Item1, 7);
        foreach (var frame in sample.Item2)
            Assert.Equal(ByRules(sample.Item1, frame), ByImage(ref image, frame));
    }, few: 5_000, show: s => $"{JsonSerializer.Serialize(s.Item1, ApiJson.Default.FilterSpec)} {string.Join(' ', s.Item2)}");

    [Fact]
    public void Image_MoreThanFits_IsRefusedInOneLine() => Target.Run(
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 40], Gen.Int[0, 40]),
        size =>
        {
            var (rules, ports, networks) = size;
            var filter = new FilterSpec
            {
                Only = [.. Enumerable.Range(0, rules).Select(i => new FilterRule
                {
                    Ports = [.. Enumerable.Range(0, ports / rules).Select(p => new PortRange((i * 100) + p, (i * 100) + p))],
                    Networks = [.. Enumerable.Range(0, networks / rules).Select(n => $"10.{i}.{n}.0/24")],
                })],
            };
            var fits = rules <= FilterSpec.MostRules && ports / rules * rules <= FilterSpec.MostValues && networks / rules * rules <= FilterSpec.MostValues;
            Assert.Equal(fits, Properties.OrRefused<IOException, object>(() => FilterImage.Of(filter, 1)) is not null);
        }, few: 1_000);

    [Fact]
    public void Reader_WhatItTakes_FitsIntoAnImage() => Target.Run(
        new Documents(ConfigurationSchema.Site(), SiteScene.Words, "watch").Bytes,
        bytes =>
        {
            var problems = new List<Diagnostic>();
            var file = new SourceFile("f.yaml", "/", problems);
            if (YamlReader.Read(file, bytes, null) is not { } node)
                return;
            var watch = WatchReader.Read(file, new ListNode(default, [node]));
            Properties.AreProblemsOf(bytes, problems);
            if (problems.Count == 0 && Assert.Single(watch).Filter is { } filter)
                _ = FilterImage.Of(filter, 1);
        }, few: 2_000);

    // The rules, read as a person would. Of what is not known 'only' assumes the best, 'except' the worst.
    private static bool ByRules(FilterSpec filter, Frame frame)
    {
        var wanted = filter.Only.Count == 0 || filter.Only.Any(r => Facts(r, frame).All(f => f != false));
        return wanted && !filter.Except.Any(r => Facts(r, frame).All(f => f == true));
    }

    private static IEnumerable<bool?> Facts(FilterRule rule, Frame frame)
    {
        yield return rule.Direction is null || rule.Direction == frame.Direction;
        if (rule.Protocols.Count > 0)
            yield return frame.Protocol is { } protocol ? rule.Protocols.Contains(protocol) : null;
        if (rule.Ports.Count > 0)
            yield return PortOf(frame, frame.Own) is { } own ? rule.Ports.Any(p => own >= p.First && own <= p.Last) : PortLess(frame);
        if (rule.PeerPorts.Count > 0)
            yield return PortOf(frame, frame.Peer) is { } peer ? rule.PeerPorts.Any(p => peer >= p.First && peer <= p.Last) : PortLess(frame);
        if (rule.Networks.Count > 0)
            yield return frame.Other is { } other ? rule.Networks.Any(n => IsIn(other, IPNetwork.Parse(n))) : null;
    }

    // Not Contains: .NET takes an IPv6 address that holds an IPv4 one for no member of an IPv6 network.
    private static bool IsIn(IPAddress address, IPNetwork network) =>
        address.AddressFamily == network.BaseAddress.AddressFamily && IpText.Masked(address, network.PrefixLength).Equals(network.BaseAddress);

    private static int? PortOf(Frame frame, int port) => frame.PortsKnown && HasPorts(frame) ? port : null;

    // A protocol without ports has none that a rule could mean; a frame whose ports are not known may have any.
    private static bool? PortLess(Frame frame) => frame.PortsKnown ? false : null;

    private static bool HasPorts(Frame frame) => frame.Protocol is 6 or 17 or 33 or 132 or 136;

    // selected() of bpf/filter.bpf.h, statement by statement.
    private static bool ByImage(ref FilterImage filter, Frame frame)
    {
        var maybe = frame.Direction == FrameDirection.In ? filter.In : filter.Out;
        var surely = maybe;
        if (frame.Protocol is { } protocol)
        {
            maybe &= filter.Protocols[protocol];
            surely &= filter.Protocols[protocol];
        }
        else
        {
            surely &= filter.AnyProtocol;
        }

        if (frame.PortsKnown)
        {
            var rules = ByPorts(ref filter, frame);
            maybe &= rules;
            surely &= rules;
        }
        else
        {
            surely &= filter.AnyPort & filter.AnyPeerPort;
        }

        if (frame.Other is not null)
        {
            var rules = ByNetwork(ref filter, frame.Other);
            maybe &= rules;
            surely &= rules;
        }
        else
        {
            surely &= filter.AnyNetwork;
        }

        return (filter.Only == 0 || (maybe & filter.Only) != 0) && (surely & filter.Except) == 0;
    }

    private static uint ByPorts(ref FilterImage filter, Frame frame)
    {
        var (own, peer) = (filter.AnyPort, filter.AnyPeerPort);
        if (!HasPorts(frame))
            return own & peer;
        for (var i = 0; i < filter.PortCount; i++)
        {
            var p = filter.Ports[i];
            if (frame.Own >= p.First && frame.Own <= p.Last)
                own |= p.Own;
            if (frame.Peer >= p.First && frame.Peer <= p.Last)
                peer |= p.Peer;
        }

        return own & peer;
    }

    private static uint ByNetwork(ref FilterImage filter, IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        Span<uint> words = stackalloc uint[4];
        bytes.CopyTo(MemoryMarshal.AsBytes(words)[^bytes.Length..]);
        var rules = filter.AnyNetwork;
        for (var i = 0; i < filter.NetworkCount; i++)
        {
            var network = filter.Networks[i];
            var differs = 0u;
            for (var w = 0; w < 4; w++)
                differs |= (words[w] ^ network.Address[w]) & network.Mask[w];
            if (network.Version == (bytes.Length == 4 ? 4u : 6u) && differs == 0)
                rules |= network.Rules;
        }

        return rules;
    }
}
