using HyperSpector.Api.Events;
using HyperSpector.Engine.Events;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Hosts;

/// <summary>Events that the base itself sees: machines that end, blind time, dropped frames. Spooled as any sensor's are.</summary>
internal sealed class BaseEvents(HostPaths paths, TimeProvider clock) : IDisposable
{
    // A name that no VM can have: theirs begin with a letter.
    private const string Name = "0-base";

    // Events come from the operation thread and from the watch over the switch.
    private readonly Lock _lock = new();
    private FileDescriptor? _directory;
    private Spool? _spool;

    internal string Directory { get; } = Spool.DirectoryOf(paths, Name);

    internal void Add(string kind, string severity, string summary, string? environment, string? server)
    {
        var record = new EventRecord
        {
            Id = Guid.NewGuid().ToString("n"),
            Time = clock.GetUtcNow(),
            Host = paths.Name,
            Environment = environment,
            Sensor = kind is "machine" or "health" ? "host" : "switch",
            Server = server,
            Kind = kind,
            Severity = severity,
            Summary = summary,
        };
        lock (_lock)
        {
            _spool ??= Open();
            // False means a full disk: the daemon's own log has the line all the same.
            _ = _spool.TryAppend(record);
        }
    }

    internal void Delete()
    {
        lock (_lock)
        {
            Dispose();
            if (System.IO.Directory.Exists(Directory))
                System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _spool?.Dispose();
            _spool = null;
            _directory?.Dispose();
            _directory = null;
        }
    }

    private Spool Open()
    {
        PrivateDirectory.Create(Directory);
        _directory = Files.OpenDirectory(Directory);
        return Spool.Open(_directory, clock);
    }
}
