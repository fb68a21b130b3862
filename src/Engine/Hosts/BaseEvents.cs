using HyperSpector.Api.Events;
using HyperSpector.Engine.Events;

namespace HyperSpector.Engine.Hosts;

/// <summary>Events that the base itself sees: machines that end, blind time, dropped frames. Spooled as any sensor's are.</summary>
internal sealed class BaseEvents(HostPaths paths, TimeProvider clock) : IDisposable
{
    private Spool? _spool;

    internal string Directory { get; } = $"{paths.State}/spool";

    internal void Add(string kind, string severity, string summary, string? environment, string? server)
    {
        _spool ??= Spool.Open(Directory, clock);
        _spool.Append(new EventRecord
        {
            Id = Guid.NewGuid().ToString("n"),
            Time = clock.GetUtcNow(),
            Host = paths.Name,
            Environment = environment,
            Sensor = kind is "machine" ? "host" : "switch",
            Server = server,
            Kind = kind,
            Severity = severity,
            Summary = summary,
        });
    }

    internal void Delete()
    {
        Dispose();
        if (System.IO.Directory.Exists(Directory))
            System.IO.Directory.Delete(Directory, recursive: true);
    }

    public void Dispose()
    {
        _spool?.Dispose();
        _spool = null;
    }
}
