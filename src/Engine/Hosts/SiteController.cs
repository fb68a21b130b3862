using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Hosts.Changes;
using HyperSpector.Engine.Integrity.Signing;
using HyperSpector.Engine.Packs;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// The daemon's face: what may be asked of a host. Everything that changes something is handed to one thread
/// (<see cref="OperationThread"/>); questions are answered from what that thread last published.
/// </summary>
public sealed class SiteController : IDisposable
{
    private readonly HostPaths _paths;
    private readonly OperationThread _operations = new();
    private readonly AcceptanceDesk _desk;
    private readonly LiveHost _host;
    private readonly Action<string> _log;

    /// <summary>Takes charge of a host; nothing is touched before <see cref="ResumeAsync"/>.</summary>
    public SiteController(HostPaths paths, Action<string> log)
    {
        _paths = paths;
        _desk = new AcceptanceDesk(paths);
        _log = log;
        _host = new LiveHost(paths, log, _operations);
    }

    /// <summary>Raised when nothing is left to look after.</summary>
    public event Action? BecameEmpty;

    /// <summary>True when no VM is there, and none should be.</summary>
    public bool IsEmpty =>
        _host.Store.Record.Site is null && _host.Store.Record.Machines.Values.All(m => m.Phase == MachinePhase.Kept);

    /// <summary>
    /// Takes over what an earlier daemon left: adopts what runs, removes what is half made, makes what is missing.
    /// </summary>
    public async Task ResumeAsync()
    {
        await _operations.RunAsync(_host.Resume);
        _operations.LookEverySecond(Look);
    }

    /// <summary>Makes the host match <paramref name="site"/>; on failure or cancellation everything is as it was before.</summary>
    public async Task UpAsync(SiteSpec site, Action<ProgressLine> report, CancellationToken cancellation)
    {
        await Guarded(report, () =>
        {
            var previous = _host.Store.Record.Site;
            try
            {
                _host.Apply(site, wait: true, report, cancellation);
                _host.Revive(site, report);
                _host.Store.Update(record => record with { Site = site });
            }
            catch (Exception error)
            {
                // Whatever it was, nothing is left half done; it goes on to the one who asked.
                _log($"up failed: {error.Message}");
                RollBack(previous, report);
                throw;
            }
        });
        if (IsEmpty)
            BecameEmpty?.Invoke();
    }

    /// <summary>Takes everything down. <paramref name="keep"/> keeps upper layers and events.</summary>
    public async Task DownAsync(bool keep, Action<ProgressLine> report)
    {
        await Guarded(report, () => _host.Clear(keep, report));
        if (IsEmpty)
            BecameEmpty?.Invoke();
    }

    /// <summary>Fetches packs ahead of time.</summary>
    public async Task BuildPacksAsync(PackBuildRequest request, Action<ProgressLine> report, CancellationToken cancellation)
    {
        await Guarded(report, () =>
        {
            try
            {
                _host.Images.Ensure([request.Base], report, cancellation);
                _ = _host.Packs.Ensure(request.Packs, request.Base, report, cancellation);
            }
            finally
            {
                if (IsEmpty)
                    _host.Clear(keep: false, _ => { });
            }
        });
        if (IsEmpty)
            BecameEmpty?.Invoke();
    }

    /// <summary>The VMs, as <c>ps</c> shows them.</summary>
    public IReadOnlyList<MachineStatus> Machines() => _host.Machines();

    /// <summary>The whole, as <c>status</c> shows it.</summary>
    public HostStatus Status() => _host.Status();

    /// <summary>What enters a running VM; null if there is none of that name.</summary>
    public ExecTarget? ExecTarget(string machine) => _host.ExecTarget(machine);

    /// <summary>Starts to list a server VM's changes; the caller hands the lines on and disposes it.</summary>
    /// <exception cref="IOException">It cannot be: one line for people.</exception>
    public async Task<ChangeSession> ChangesAsync(ChangeQuery query)
    {
        ChangeSession? session = null;
        await _operations.RunAsync(() => session = _host.StartChanges(query));
        return session!;
    }

    /// <summary>Why there can be no acceptances of a server's files by an environment; null: there can.</summary>
    public string? AcceptanceProblem(string environment, string server) => _host.Watched(environment) switch
    {
        null => Knows(environment) ? $"'{environment}' is a server; an environment checks files" : Explain(environment),
        var watched when !watched.Contains(server) => $"environment '{environment}' does not watch '{server}', but {string.Join(", ", watched)}",
        _ => null,
    };

    /// <summary>Accepts a baseline that the environment's IDS VM made.</summary>
    public IReadOnlyList<AcceptanceRecord> Accept(AcceptanceRequest request)
    {
        _desk.Prepare(request.Environment);
        _desk.Accept(request, TimeProvider.System.GetUtcNow());
        return [.. Acceptances(request.Environment, request.Server).TakeLast(1)];
    }

    /// <summary>What was accepted.</summary>
    public IReadOnlyList<AcceptanceRecord> Acceptances(string environment, string server) => _desk.History(environment, server);

    /// <summary>True for the name of a VM of this host.</summary>
    public bool Knows(string machine) => _host.Knows(machine);

    /// <summary>One line that says why a VM cannot be used, for people.</summary>
    public string Explain(string machine)
    {
        var names = _host.Names.Order(StringComparer.Ordinal).ToList();
        if (names.Contains(machine))
            return $"'{machine}' is not running; see 'hyperspector ps'";
        return names.Count == 0
            ? $"there is no VM {Quoted.Text(machine)}: nothing is up on host '{_paths.Name}'; run 'hyperspector up' first"
            : $"there is no VM {Quoted.Text(machine)}; there are: {string.Join(", ", names)}";
    }

    /// <summary>Where events of this host are spooled: the base's own first.</summary>
    public IEnumerable<string> SpoolDirectories() => _host.SpoolDirectories();

    /// <summary>Removes our empty directories when nothing is left.</summary>
    public void RemoveTraces() => _host.RemoveTraces();

    /// <inheritdoc/>
    public void Dispose()
    {
        _operations.LookEverySecond(null);
        _host.StopWatching();
        _operations.Dispose();
        _host.Dispose();
    }

    private void RollBack(SiteSpec? previous, Action<ProgressLine> report)
    {
        report(new ProgressLine { Subject = "host", Step = "roll back", State = "running" });
        try
        {
            if (previous is null)
                _host.Clear(keep: false, _ => { });
            else
                _host.Apply(previous, wait: false, _ => { }, CancellationToken.None);
            report(new ProgressLine { Subject = "host", Step = "roll back", State = "done" });
        }
#pragma warning disable CA1031 // the failure that led here is the one to report; the next start of the daemon cleans up
        catch (Exception error)
#pragma warning restore CA1031
        {
            _log($"roll back failed: {error}");
            report(new ProgressLine { Subject = "host", Step = "roll back", State = "failed", Detail = error.Message });
        }
    }

    /// <summary>Runs an operation in its turn; its outcome becomes the stream's last line.</summary>
    private async Task Guarded(Action<ProgressLine> report, Action operation)
    {
        try
        {
            await _operations.RunAsync(operation);
            report(new ProgressLine { Subject = "host", Step = "end", State = "finished", Last = true });
        }
#pragma warning disable CA1031 // the border of one request: it fails with a message, the daemon goes on
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (error is not (IOException or OperationCanceledException))
                _log(error.ToString());
            report(new ProgressLine { Subject = "host", Step = "end", State = "failed", Detail = error.Message, Log = (error as FetchException)?.Log, Last = true });
        }
    }

    private void Look()
    {
        try
        {
            _host.Tick();
        }
#pragma warning disable CA1031 // a failed look must not end the looking
        catch (Exception error)
#pragma warning restore CA1031
        {
            _log($"watching failed: {error.Message}");
        }
    }
}
