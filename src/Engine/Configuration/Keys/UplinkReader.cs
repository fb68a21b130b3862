using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Network.Switch;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary><c>uplink:</c> of a server: <c>host</c>, the name of a NIC, or a mapping.</summary>
internal static class UplinkReader
{
    internal const string Schema = """
        {"oneOf":[{"type":"string","minLength":1},
        {"type":"object","additionalProperties":false,"required":["host"],"properties":{"host":{"type":"object","additionalProperties":false,
        "properties":{"keep":{"type":"array","description":"Ports that stay with the base: 22, 51820/udp.","items":{"type":["integer","string"]}}}}}},
        {"type":"object","additionalProperties":false,"required":["nic"],"properties":{"nic":{"type":"string","description":"A NIC of the host."},
        "address":{"type":["string","array"],"items":{"type":"string"},"description":"The VM's addresses with their prefix lengths: 192.0.2.10/24."},
        "gateway":{"type":["string","array"],"items":{"type":"string"},"description":"Where its default routes lead."}}}]}
        """;

    private const string Host = "host";
    private const int LongestNic = 15;

    private static readonly Key<Draft>[] Keys =
    [
        new("nic", "A NIC of the host.", "{}", (d, n) => (d.NicAt, d.Nic) = (n, Nic(d.File, n))),
        new("address", "The VM's addresses.", "{}", (d, n) => d.Addresses = [.. Each(d.File, n, "address", Address)]),
        new("gateway", "Where its default routes lead.", "{}", (d, n) => (d.GatewayAt, d.Gateways) = (n, [.. Each(d.File, n, "gateway", Gateway)])),
        new(Host, "Everything that arrives for the host.", "{}", (d, n) => (d.HasHost, d.Keep) = (true, Kept(d.File, n))),
    ];

    private static readonly Key<Draft>[] HostKeys =
        [new("keep", "Ports that stay with the base.", "{}", (d, n) => d.Keep = Ports(d.File, n))];

    internal static void Read(ServerDraft server, Node node)
    {
        server.UplinkAt = node;
        server.Uplink = node is MapNode ? Mapping(server, node) : Short(server.File, node);
    }

    private static UplinkSpec? Short(SourceFile file, Node node)
    {
        if (node is TextNode { Value: Host })
            return new UplinkSpec { Host = true };
        return Nic(file, node) is { } nic ? new UplinkSpec { Nic = nic } : null;
    }

    private static UplinkSpec? Mapping(ServerDraft server, Node node)
    {
        var file = server.File;
        var draft = new Draft(file);
        _ = Section.Read(file, node, "uplink", Keys, draft);
        server.UplinkAt = draft.NicAt ?? node;
        if (draft.NicAt is null == !draft.HasHost)
        {
            file.Report(node, draft.HasHost
                ? "uplink: either 'nic' or 'host': a VM with a NIC of its own needs no part of the host's"
                : "uplink: needs 'nic', the name of a NIC, or is host: everything that arrives for the host");
            return null;
        }

        if (draft.HasHost)
        {
            if (draft.Addresses.Count + draft.Gateways.Count > 0)
                file.Report(node, "uplink: host: the VM answers at the host's own addresses; remove 'address' and 'gateway'");
            return new UplinkSpec { Host = true, Keep = draft.Keep };
        }

        foreach (var family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
            CheckGateway(draft, family);
        return draft.Nic is null ? null : new UplinkSpec
        {
            Nic = draft.Nic,
            Addresses = [.. draft.Addresses.Select(a => $"{a.Address}/{a.Length.ToString(CultureInfo.InvariantCulture)}")],
            Gateways = [.. draft.Gateways.Select(g => $"{g}")],
        };
    }

    private static void CheckGateway(Draft draft, AddressFamily family)
    {
        var gateways = draft.Gateways.Where(g => g.AddressFamily == family).ToList();
        if (gateways.Count == 0)
            return;
        var networks = draft.Addresses.Where(a => a.Address.AddressFamily == family)
            .Select(a => new IPNetwork(IpText.Masked(a.Address, a.Length), a.Length)).ToList();
        if (gateways.Count > 1)
            draft.File.Report(draft.GatewayAt!, $"gateway: {gateways[0]} and {gateways[1]}: one default route of a family is enough");
        else if (networks.Count == 0)
            draft.File.Report(draft.GatewayAt!, $"gateway: {gateways[0]} is of no use without an 'address' of its family");
        else if (!gateways[0].IsIPv6LinkLocal && !networks.Any(n => n.Contains(gateways[0])))
            draft.File.Report(draft.GatewayAt!, $"gateway: {gateways[0]} is not in the network of any 'address' ({string.Join(", ", networks)})");
    }

    private static string? Nic(SourceFile file, Node node)
    {
        if (Values.Text(file, node, "uplink") is not { } name)
            return null;
        // The name becomes part of commands and of nft rules.
        if (name.Length > LongestNic || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')) || name[0] == '-')
        {
            file.Report(node, $"uplink: {Quoted.Text(name)} is not the name of a NIC; write host, eth1, or {{nic: eth1, address: 192.0.2.10/24}}");
            return null;
        }

        if (Nics.Defect(name) is not { } defect)
            return name;
        file.Report(node, $"uplink: {Quoted.Text(name)} {defect}");
        return null;
    }

    private static IEnumerable<T> Each<T>(SourceFile file, Node node, string key, Func<SourceFile, Node, string, T?> read)
    {
        foreach (var item in node is ListNode list ? list.Items : [node])
        {
            if (Values.Text(file, item, key) is { } text && read(file, item, text) is { } value)
                yield return value;
        }
    }

    private static Prefixed? Address(SourceFile file, Node node, string text)
    {
        var parts = text.Split('/');
        if (IpText.Address(parts[0]) is not { IsIPv4MappedToIPv6: false } address)
            file.Report(node, $"address {Quoted.Text(text)}: write an address and the length of its prefix: 192.0.2.10/24, 2001:db8::10/64");
        else if (address.IsIPv6LinkLocal || address.IsIPv6Multicast || IPAddress.IsLoopback(address) || address.Equals(IPAddress.IPv6Any)
            || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is 0 or >= 224))
            file.Report(node, $"address: {address} is not an address that a VM can have on a network");
        else if (parts.Length != 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length < 1 || length > address.GetAddressBytes().Length * 8)
            file.Report(node, $"address {Quoted.Text(text)}: how long is the prefix of its network? e.g. {address}/{(address.AddressFamily == AddressFamily.InterNetwork ? 24 : 64)}");
        else
            return new Prefixed(address, length);
        return null;
    }

    private static IPAddress? Gateway(SourceFile file, Node node, string text)
    {
        if (IpText.Address(text) is { IsIPv4MappedToIPv6: false } address)
            return address;
        file.Report(node, $"gateway: {Quoted.Text(text)} is not an IPv4 or IPv6 address");
        return null;
    }

    private static IReadOnlyList<KeptPort> Kept(SourceFile file, Node node)
    {
        var draft = new Draft(file);
        _ = Section.Read(file, node, "uplink: host", HostKeys, draft);
        return draft.Keep;
    }

    private static IReadOnlyList<KeptPort> Ports(SourceFile file, Node node)
    {
        var ports = new List<KeptPort>();
        foreach (var item in Values.List(file, node, "keep") ?? [])
        {
            if (Values.Text(file, item, "keep") is not { } text)
                continue;
            var parts = text.Split('/');
            if (parts.Length > 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                || port is < 1 or > 65535 || (parts.Length == 2 && parts[1] is not ("tcp" or "udp")))
                file.Report(item, $"keep: {Quoted.Text(text)} is not a port that stays with the base; write 22, or 51820/udp");
            else
                ports.Add(new KeptPort(port, parts.Length == 2 ? parts[1] : "tcp"));
        }

        return [.. ports.Distinct()];
    }

    private sealed record Prefixed(IPAddress Address, int Length);

    private sealed class Draft(SourceFile file)
    {
        internal SourceFile File => file;

        internal string? Nic { get; set; }

        internal Node? NicAt { get; set; }

        internal IReadOnlyList<Prefixed> Addresses { get; set; } = [];

        internal IReadOnlyList<IPAddress> Gateways { get; set; } = [];

        internal Node? GatewayAt { get; set; }

        internal bool HasHost { get; set; }

        internal IReadOnlyList<KeptPort> Keep { get; set; } = [];
    }
}
