using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration.Keys;

namespace HyperSpector.Engine.Configuration;

/// <summary><c>publish:</c>, each <c>[address:]host:vm[/tcp|udp]</c>.</summary>
internal static partial class PublishReader
{
    internal const string Schema = """
        {"type":"array","items":{"type":"string","pattern":"^(.*\\$\\{.*|((\\[[^\\]]+\\]|[0-9.]+):)?[0-9]+:[0-9]+(/(tcp|udp))?)$",
        "examples":["8080:80","127.0.0.1:5353:53/udp","[::1]:8080:80"]}}
        """;

    internal static IReadOnlyList<(Node At, PublishedPort Port)> Read(SourceFile file, Node node)
    {
        var ports = new List<(Node, PublishedPort)>();
        foreach (var item in Values.List(file, node, "publish") ?? [])
        {
            if (Values.Text(file, item, "publish") is { } text && One(file, item, text) is { } port)
                ports.Add((item, port));
        }

        return ports;
    }

    private static PublishedPort? One(SourceFile file, Node node, string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            file.Report(node, $"publish {Quoted.Text(text)}: which port of the VM? write \"{text}:80\"");
            return null;
        }

        var match = Form().Match(text);
        if (!match.Success)
        {
            file.Report(node, text.Count(c => c == ':') > 2
                ? $"publish {Quoted.Text(text)}: an IPv6 address needs brackets: \"[::1]:8080:80\""
                : $"publish {Quoted.Text(text)}: write \"host:vm\", \"address:host:vm\" or \"host:vm/udp\"");
            return null;
        }

        var protocol = match.Groups["protocol"] is { Success: true } given ? given.Value : "tcp";
        if (protocol is not ("tcp" or "udp"))
        {
            file.Report(node, $"publish {Quoted.Text(text)}: protocol {Quoted.Text(protocol)} is neither tcp nor udp");
            return null;
        }

        var hostPort = Port(file, node, match.Groups["host"].Value);
        var machinePort = Port(file, node, match.Groups["vm"].Value);
        var address = match.Groups["address"] is { Success: true } written ? Address(file, node, written.Value) : "";
        return hostPort is null || machinePort is null || address is null
            ? null
            : new PublishedPort(address.Length == 0 ? null : address, hostPort.Value, machinePort.Value, protocol);
    }

    private static int? Port(SourceFile file, Node node, string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535)
            return port;
        file.Report(node, $"publish: {Quoted.Text(text)} is not a port from 1 to 65535");
        return null;
    }

    private static string? Address(SourceFile file, Node node, string text)
    {
        var bracketed = text.StartsWith('[');
        var bare = bracketed ? text[1..^1] : text;
        if (IpText.Address(bare) is not { } address || (address.AddressFamily == AddressFamily.InterNetworkV6) != bracketed)
        {
            file.Report(node, $"publish: {Quoted.Text(text)} is not an IPv4 address, nor an IPv6 address in brackets");
            return null;
        }

        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            file.Report(node, $"publish: leave {text} out to listen on all addresses");
            return null;
        }

        if (address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.IsIPv4MappedToIPv6 || (!bracketed && address.GetAddressBytes()[0] >= 224))
        {
            file.Report(node, $"publish: {text} is not an address that a port can be published at");
            return null;
        }

        return address.ToString();
    }

    [GeneratedRegex(@"^((?<address>\[[^\]]*\]|[^:\[\]]*):)?(?<host>[^:/]*):(?<vm>[^:/]*)(/(?<protocol>.*))?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
