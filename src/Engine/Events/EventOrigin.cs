using HyperSpector.Api.Events;

namespace HyperSpector.Engine.Events;

/// <summary>What all events of a VM have in common.</summary>
/// <param name="Host">The host's name.</param>
/// <param name="Machine">The VM.</param>
/// <param name="Environment">Its environment, for an IDS VM.</param>
public sealed record EventOrigin(string Host, string Machine, string? Environment)
{
    /// <summary>An event read from an output; its id follows from the position, so reading it twice gives the same.</summary>
    internal EventRecord FromOutput(
        SourcePosition position, DateTimeOffset time, string sensor, string? server, string kind, string severity, string summary) => new()
        {
            Id = $"{Host}-{Machine}-{position.Output}-{position.File}-{position.Offset:x}",
            Time = time,
            Host = Host,
            Environment = Environment,
            Sensor = sensor,
            Server = server,
            Kind = kind,
            Severity = severity,
            Summary = summary,
            Source = position,
        };

    /// <summary>An event of our own.</summary>
    public EventRecord FromUs(DateTimeOffset time, string kind, string severity, string summary) => new()
    {
        Id = $"{Host}-{Machine}-{Guid.CreateVersion7(time):n}",
        Time = time,
        Host = Host,
        Environment = Environment,
        Sensor = "hyperspector",
        Kind = kind,
        Severity = severity,
        Summary = summary,
    };
}
