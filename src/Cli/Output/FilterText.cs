using System.Globalization;
using HyperSpector.Api.Site;

namespace HyperSpector.Cli.Output;

/// <summary>What a mirror copies, in words.</summary>
internal static class FilterText
{
    private static readonly Dictionary<int, string> s_protocols = FilterRule.ProtocolNames.ToDictionary(p => p.Value, p => p.Key);

    /// <summary><c>only tcp port 5432 with 192.0.2.0/24, in; not udp; 1 flow of 10; 256 bytes of each</c>.</summary>
    internal static string Of(FilterSpec filter)
    {
        var parts = new List<string>();
        if (filter.Only.Count > 0)
            parts.Add("only " + string.Join(" or ", filter.Only.Select(Of)));
        if (filter.Except.Count > 0)
            parts.Add("not " + string.Join(", not ", filter.Except.Select(Of)));
        if (filter.Sample is { } sample)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"1 flow of {sample}"));
        if (filter.Truncate is { } bytes)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes of each"));
        return string.Join("; ", parts);
    }

    private static string Of(FilterRule rule)
    {
        var words = new List<string>();
        if (rule.Protocols.Count > 0)
            words.Add(string.Join('/', rule.Protocols.Select(p => s_protocols.GetValueOrDefault(p) ?? "protocol " + Number(p))));
        if (rule.Ports.Count > 0)
            words.Add("port " + string.Join(',', rule.Ports.Select(Of)));
        if (rule.PeerPorts.Count > 0)
            words.Add("peer port " + string.Join(',', rule.PeerPorts.Select(Of)));
        if (rule.Networks.Count > 0)
            words.Add("with " + string.Join(',', rule.Networks));
        if (rule.Direction is { } direction)
            words.Add(direction == FrameDirection.In ? "in" : "out");
        return string.Join(' ', words);
    }

    private static string Of(PortRange range) => range.First == range.Last ? Number(range.First) : $"{Number(range.First)}-{Number(range.Last)}";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
