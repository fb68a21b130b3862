using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Network.Mirror;

/// <summary>A filter as the eBPF side reads it: the C structure <c>filter</c> of <c>bpf/filter.bpf.h</c>, where its use is told.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FilterImage
{
    internal uint Only;
    internal uint Except;
    internal uint In;
    internal uint Out;
    internal uint AnyProtocol;
    internal uint AnyPort;
    internal uint AnyPeerPort;
    internal uint AnyNetwork;
    internal uint PortCount;
    internal uint NetworkCount;
    internal uint Sample;
    internal uint Seed;
    internal uint Truncate;
    internal ProtocolTable Protocols;
    internal PortTable Ports;
    internal NetworkTable Networks;

    [InlineArray(256)]
    internal struct ProtocolTable
    {
        private uint _rules;
    }

    [InlineArray(FilterSpec.MostValues)]
    internal struct PortTable
    {
        private Port _port;
    }

    [InlineArray(FilterSpec.MostValues)]
    internal struct NetworkTable
    {
        private Network _network;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Port
    {
        internal ushort First;
        internal ushort Last;
        internal uint Own;
        internal uint Peer;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Network
    {
        internal Words Address;
        internal Words Mask;
        internal uint Version;
        internal uint Rules;
    }

    /// <summary>Bytes as they stand in a header.</summary>
    [InlineArray(4)]
    internal struct Words
    {
        private uint _word;
    }

    /// <summary>The image of a filter.</summary>
    /// <param name="filter">What the user wrote; the bounds of <see cref="FilterSpec"/> hold.</param>
    /// <param name="seed">Chooses the flows of a sample.</param>
    /// <exception cref="IOException">The filter is larger than that.</exception>
    internal static FilterImage Of(FilterSpec filter, uint seed)
    {
        var rules = (FilterRule[])[.. filter.Only, .. filter.Except];
        if (rules.Length > FilterSpec.MostRules)
            throw new IOException($"a mirror's filter has {rules.Length} rules; {FilterSpec.MostRules} are the most");
        var image = new FilterImage { Sample = (uint)(filter.Sample ?? 0), Seed = seed, Truncate = (uint)(filter.Truncate ?? 0) };
        for (var i = 0; i < rules.Length; i++)
        {
            var bit = 1u << i;
            if (i < filter.Only.Count)
                image.Only |= bit;
            else
                image.Except |= bit;
            image.Add(rules[i], bit);
        }

        return image;
    }

    private void Add(FilterRule rule, uint bit)
    {
        if (rule.Direction is not FrameDirection.Out)
            In |= bit;
        if (rule.Direction is not FrameDirection.In)
            Out |= bit;
        if (rule.Protocols.Count == 0)
            AnyProtocol |= bit;
        if (rule.Ports.Count == 0)
            AnyPort |= bit;
        if (rule.PeerPorts.Count == 0)
            AnyPeerPort |= bit;
        if (rule.Networks.Count == 0)
            AnyNetwork |= bit;
        for (var protocol = 0; protocol < 256; protocol++)
        {
            if (rule.Protocols.Count == 0 || rule.Protocols.Contains(protocol))
                Protocols[protocol] |= bit;
        }

        foreach (var range in rule.Ports)
            Ports[Slot(range)].Own |= bit;
        foreach (var range in rule.PeerPorts)
            Ports[Slot(range)].Peer |= bit;
        foreach (var network in rule.Networks)
            Networks[Slot(network)].Rules |= bit;
    }

    private int Slot(PortRange range)
    {
        for (var i = 0; i < PortCount; i++)
        {
            if (Ports[i].First == range.First && Ports[i].Last == range.Last)
                return i;
        }

        if (PortCount == FilterSpec.MostValues)
            throw new IOException($"a mirror's filter has more than {FilterSpec.MostValues} ranges of ports");
        Ports[(int)PortCount] = new Port { First = (ushort)range.First, Last = (ushort)range.Last };
        return (int)PortCount++;
    }

    private int Slot(string text)
    {
        var network = IPNetwork.Parse(text);
        var bytes = network.BaseAddress.GetAddressBytes();
        var one = new Network { Version = bytes.Length == 4 ? 4u : 6u };
        // IPv4 is in the last word.
        bytes.CopyTo(MemoryMarshal.AsBytes((Span<uint>)one.Address)[^bytes.Length..]);
        var mask = MemoryMarshal.AsBytes((Span<uint>)one.Mask)[^bytes.Length..];
        for (var i = 0; i < network.PrefixLength; i++)
            mask[i / 8] |= (byte)(0x80 >> (i % 8));
        for (var i = 0; i < NetworkCount; i++)
        {
            var other = Networks[i];
            if (other.Version == one.Version && Same(other.Address, one.Address) && Same(other.Mask, one.Mask))
                return i;
        }

        if (NetworkCount == FilterSpec.MostValues)
            throw new IOException($"a mirror's filter has more than {FilterSpec.MostValues} networks");
        Networks[(int)NetworkCount] = one;
        return (int)NetworkCount++;
    }

    private static bool Same(ReadOnlySpan<uint> left, ReadOnlySpan<uint> right) => left.SequenceEqual(right);
}
