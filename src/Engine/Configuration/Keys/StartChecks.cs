using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary>Can every server ever be started?</summary>
internal static class StartChecks
{
    internal static void Run(SiteDraft site)
    {
        foreach (var server in site.Servers)
        {
            foreach (var (at, dependency) in server.DependsOn)
                Exists(site, server, at, dependency);
            if (server is { Start: StartMoment.Captured, StartAt: { } start })
                Captures(site, server, start);
        }

        Circles(site);
    }

    private static void Exists(SiteDraft site, ServerDraft server, Node at, DependencySpec dependency)
    {
        var name = Quoted.Text(dependency.Server);
        var other = site.Servers.FirstOrDefault(s => s.Name.Value == dependency.Server);
        if (other is null)
        {
            site.File.Report(at, site.Environments.Any(e => e.Name.Value == dependency.Server)
                ? $"depends_on: {name} is an environment; environments are started before all servers"
                : $"depends_on: there is no server {name}{Nearest.Suggest(dependency.Server, site.Servers.Select(s => s.Name.Value))}");
        }
        else if (other == server)
        {
            site.File.Report(at, $"depends_on: {name} would wait for itself");
        }
        else if (dependency.Until == DependencyState.Healthy && other.Health is null)
        {
            site.File.Report(at, $"depends_on: {name} has no 'health', so it would never be healthy");
        }
    }

    private static void Captures(SiteDraft site, ServerDraft server, Node at)
    {
        var watchers = site.Environments.Where(e => e.Watch.Any(w => w.Server == server.Name.Value)).ToList();
        if (watchers.Count == 0)
            site.File.Report(at, $"start: captured: no environment watches {Quoted.Text(server.Name.Value)}, so it would never start");
        foreach (var environment in watchers.Where(e => e.Capture == CaptureMode.Always))
            site.File.Report(at, $"start: captured: {Quoted.Text(environment.Name.Value)} has capture: always, which hides whether its IDS captures; remove one of them");
    }

    // Depth first; each circle is told once, at the dependency that closes it.
    private static void Circles(SiteDraft site)
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var server in site.Servers)
            Walk(site, server, [], done);
    }

    private static void Walk(SiteDraft site, ServerDraft server, List<string> path, HashSet<string> done)
    {
        if (done.Contains(server.Name.Value))
            return;
        path.Add(server.Name.Value);
        foreach (var (at, dependency) in server.DependsOn)
        {
            var start = path.IndexOf(dependency.Server);
            // One that waits for itself has been told already.
            if (start >= 0 && start < path.Count - 1)
                site.File.Report(at, $"depends_on: a circle, of which none could be first: {string.Join(" → ", path.Skip(start).Append(dependency.Server))}");
            else if (start < 0 && site.Servers.FirstOrDefault(s => s.Name.Value == dependency.Server) is { } next)
                Walk(site, next, path, done);
        }

        path.RemoveAt(path.Count - 1);
        _ = done.Add(server.Name.Value);
    }
}
