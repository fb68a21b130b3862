using System.Globalization;
using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary>Rules below <c>only:</c> and <c>except:</c>: one mapping or a list of them. A rule selects what agrees with all that it says.</summary>
internal static class FilterRuleReader
{
    // Values that may stand alone or in a list.
    private const string ProtocolSchema = """{"oneOf":[{"type":["string","integer"]},{"type":"array","minItems":1,"items":{"type":["string","integer"]}}]}""";
    private const string PortSchema = """{"oneOf":[{"type":["string","integer"]},{"type":"array","minItems":1,"items":{"type":["string","integer"]}}]}""";
    private const string NetworkSchema = """{"oneOf":[{"type":"string"},{"type":"array","minItems":1,"items":{"type":"string"}}]}""";

    // Those that begin with two ports; as read_ports in bpf/filter.bpf.h.
    private static readonly int[] s_withPorts = [6, 17, 33, 132, 136];

    internal static readonly Key<Draft>[] Keys =
    [
        new("direction", "in: to the server; out: from it. Both unless said otherwise.", """{"enum":["in","out"]}""",
            (d, n) => d.Result = d.Result with { Direction = Values.Word(d.File, n, "direction", ("in", FrameDirection.In), ("out", FrameDirection.Out)) }),
        new("protocol", "What IP carries: tcp, udp, icmp, icmpv6, igmp, sctp, dccp, udplite, gre, esp, ah or a number; one or a list.", ProtocolSchema,
            (d, n) => d.Result.Protocols = Each(d.File, n, "protocol", Protocol)),
        new("ports", "The server's ports, 80 or 8000-8099; one or a list.", PortSchema,
            (d, n) => (d.PortsAt, d.Result.Ports) = (n, Each(d.File, n, "ports", Ports))),
        new("peer_ports", "The other side's ports; one or a list.", PortSchema,
            (d, n) => (d.PortsAt, d.Result.PeerPorts) = (n, Each(d.File, n, "peer_ports", Ports))),
        new("networks", "The other side's addresses, 192.0.2.0/24 or 2001:db8::1; one or a list.", NetworkSchema,
            (d, n) => d.Result.Networks = Each(d.File, n, "networks", Network)),
    ];

    internal static IReadOnlyList<FilterRule> Read(SourceFile file, Node node, string what)
    {
        var items = node is ListNode list ? list.Items : [node];
        if (items.Count == 0)
            file.Report(node, $"{what}: the list is empty; name what is meant or remove the key");
        var rules = new List<FilterRule>();
        foreach (var item in items)
        {
            var draft = new Draft(file);
            if (!Section.Read(file, item, what, Keys, draft))
                continue;
            if (item is MapNode { Entries.Count: 0 })
                file.Report(item, $"{what}: a rule that says nothing selects every frame; write {{protocol: tcp}}, say");
            var without = draft.Result.Protocols.Except(s_withPorts).Select(p => $"protocol {p}").FirstOrDefault();
            if (draft.PortsAt is { } at && without is not null)
                file.Report(at, $"{what}: {without} has no ports; give it a rule of its own");
            rules.Add(draft.Result);
        }

        return rules;
    }

    private static List<T> Each<T>(SourceFile file, Node node, string what, Func<SourceFile, Node, string, string, T?> read) where T : class
    {
        var items = node is ListNode list ? list.Items : [node];
        if (items.Count == 0)
            file.Report(node, $"{what}: the list is empty; remove the key to mean any");
        var values = new List<T>();
        foreach (var item in items)
        {
            if (Values.Text(file, item, what) is not { } text || read(file, item, what, text) is not { } value)
                continue;
            if (values.Contains(value))
                file.Report(item, $"{what}: {Quoted.Text(text)} is there twice");
            else
                values.Add(value);
        }

        return values;
    }

    private static List<int> Each(SourceFile file, Node node, string what, Func<SourceFile, Node, string, string, int?> read) =>
        [.. Each<object>(file, node, what, (f, n, w, t) => read(f, n, w, t)).Cast<int>()];

    private static int? Protocol(SourceFile file, Node node, string what, string text)
    {
        if (FilterRule.ProtocolNames.TryGetValue(text, out var known))
            return known;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= byte.MaxValue)
            return number;
        file.Report(node, $"{what}: {Quoted.Text(text)} is neither {string.Join(", ", FilterRule.ProtocolNames.Keys)} nor a number from 0 to 255{Nearest.Suggest(text, FilterRule.ProtocolNames.Keys)}");
        return null;
    }

    private static PortRange? Ports(SourceFile file, Node node, string what, string text)
    {
        var ends = text.Split('-');
        if (ends.Length <= 2 && TryPort(ends[0], out var first) && TryPort(ends[^1], out var last) && first <= last)
            return new PortRange(first, last);
        file.Report(node, $"{what}: {Quoted.Text(text)} is neither a port from 0 to 65535 nor a range such as 8000-8099");
        return null;
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue;

    private static string? Network(SourceFile file, Node node, string what, string text)
    {
        var parts = text.Split('/');
        if (parts.Length <= 2 && IpText.Address(parts[0]) is { IsIPv4MappedToIPv6: false } address)
        {
            var bits = address.GetAddressBytes().Length * 8;
            var length = bits;
            if (parts.Length == 1 || (int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out length) && length <= bits))
            {
                var network = IpText.Masked(address, length);
                if (network.Equals(address))
                    return $"{network}/{length}";
                file.Report(node, $"{what}: {Quoted.Text(text)} has bits beyond its length; write {network}/{length}");
                return null;
            }
        }

        file.Report(node, $"{what}: {Quoted.Text(text)} is neither an address nor a network such as 192.0.2.0/24 or 2001:db8::/32");
        return null;
    }

    internal sealed class Draft(SourceFile file)
    {
        internal SourceFile File => file;

        internal Node? PortsAt { get; set; }

        internal FilterRule Result { get; set; } = new();
    }
}
