using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;

namespace HyperSpector.Tests.Unit.Cli;

/// <summary>What a daemon might say.</summary>
internal static class Samples
{
    internal static readonly MachineStatus Web = new()
    {
        Name = "web",
        Kind = "server",
        State = "running",
        Pid = 4711,
        Addresses = ["169.254.83.5", "fd48::5"],
        Publish = [new PublishedPort(null, 8080, 80, "tcp"), new PublishedPort("::1", 53, 5353, "udp")],
        Started = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero),
        FirstId = 0x7000_0000,
        Generation = "g1",
    };

    internal static readonly MachineStatus Edge = new()
    {
        Name = "edge",
        Kind = "ids",
        State = "running",
        Pid = 4712,
        Watch = ["web"],
        Packs = ["suricata"],
        FirstId = 0x7001_0000,
        Generation = "g1",
        BaseMoved = true,
        Restarts = 2,
    };

    internal static readonly MirrorStatus Mirror = new()
    {
        Server = "web",
        Environment = "edge",
        Interface = "mon0",
        Active = true,
        Received = 100,
        Sent = 50,
        Mirrored = 140,
        Dropped = 3,
        Idle = 7,
        Refused = 9,
    };

    internal static readonly HostStatus Status = new()
    {
        Host = "default",
        Version = "0.1.0",
        Machines = [Web, Edge],
        Mirrors = [Mirror],
        Parts = [new PartStatus("keeper", "edge", 88, 0), new PartStatus("reader", "edge", null, 4)],
    };

    internal const string Site = """
        servers:
          web:
            base: host
            run: [/usr/sbin/nginx]
            publish: ["8080:80"]
        """;

    internal static string Json(params MachineStatus[] machines) =>
        JsonSerializer.Serialize(machines, ApiJson.Default.IReadOnlyListMachineStatus);

    internal static string Json(HostStatus status) => JsonSerializer.Serialize(status, ApiJson.Default.HostStatus);

    internal static string Step(string subject, string step, string state, string? detail = null, bool last = false) =>
        JsonSerializer.Serialize(
            new ProgressLine { Subject = subject, Step = step, State = state, Detail = detail, Last = last },
            ApiJson.Default.ProgressLine);

    internal static string Finished => Step("host", "end", "finished", last: true);

    internal static string Failed(string detail) => Step("host", "end", "failed", detail, last: true);

    internal static string Log(string machine, int second, string text) => JsonSerializer.Serialize(
        new LogLine(new DateTimeOffset(2026, 5, 1, 12, 0, second, TimeSpan.Zero), machine, text), ApiJson.Default.LogLine);
}
