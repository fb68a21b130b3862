using System.Globalization;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;

namespace HyperSpector.Cli.Output;

/// <summary>A VM in words.</summary>
internal static class MachineText
{
    private const string Host = "host";

    internal static Cell State(MachineStatus machine) => machine.Health is { } health
        ? new($"{machine.State}, {health}", health switch { "healthy" => Tone.Good, "unhealthy" => Tone.Bad, _ => Tone.Warn })
        : State(machine.State);

    internal static Cell State(string state) => new(state, state switch
    {
        "running" => Tone.Good,
        "failed" => Tone.Bad,
        _ => Tone.Warn,
    });

    /// <summary>Where it can be reached, or what it watches.</summary>
    internal static string Purpose(MachineStatus machine)
    {
        var parts = new List<string>();
        if (machine.Publish.Count > 0)
            parts.Add("reach it at " + string.Join(", ", machine.Publish.Select(Reach)));
        if (machine.Uplink == Host)
            parts.Add("gets everything that arrives for the host");
        else if (machine.Uplink is { } nic)
            parts.Add($"on the network of {nic}{(machine.Addresses.Count > 0 ? " at " + string.Join(", ", machine.Addresses) : "")}");
        else if (machine.Publish.Count == 0 && machine.Addresses.Count > 0)
            parts.Add("from this host at " + string.Join(", ", machine.Addresses));
        if (machine.Watch.Count > 0)
            parts.Add("watches " + string.Join(", ", machine.Watch));
        if (machine.Packs.Count > 0)
            parts.Add("with " + string.Join(", ", machine.Packs));
        return parts.Count == 0 ? "nothing is published" : string.Join(" ", parts);
    }

    /// <summary>The same in the brevity of a table.</summary>
    internal static string Columns(MachineStatus machine)
    {
        var parts = new List<string>();
        if (machine.Publish.Count > 0)
            parts.Add(string.Join(", ", machine.Publish.Select(Port)));
        if (machine.Uplink is { } uplink)
            parts.Add(uplink == Host ? "all that arrives" : $"at {uplink}");
        if (machine.Watch.Count > 0)
            parts.Add("watches " + string.Join(", ", machine.Watch));
        if (machine.Packs.Count > 0)
            parts.Add("with " + string.Join(", ", machine.Packs));
        return parts.Count == 0 ? "-" : string.Join(" ", parts);
    }

    /// <summary><c>8080->80</c>, or <c>127.0.0.1:53->5353/udp</c>.</summary>
    internal static string Port(PublishedPort port) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(port.Address is null ? "" : Bracketed(port.Address) + ":")}{port.HostPort}->{port.MachinePort}{(port.Protocol == "tcp" ? "" : "/" + port.Protocol)}");

    private static string Reach(PublishedPort port) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(port.Address is null ? "localhost" : Bracketed(port.Address))}:{port.HostPort}{(port.Protocol == "tcp" ? "" : "/" + port.Protocol)}");

    private static string Bracketed(string address) => address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
}
