using HyperSpector.Api.Site;
using HyperSpector.Engine.Packs;

namespace HyperSpector.Engine.Configuration;

/// <summary>What became of a file: a site, or the problems that keep it from being one.</summary>
/// <param name="Site">Null when there are problems.</param>
/// <param name="Problems">By file and position.</param>
public sealed record LoadResult(SiteSpec? Site, IReadOnlyList<Diagnostic> Problems);

/// <summary>Reads <c>hyperspector.yaml</c> (docs/configuration.md).</summary>
public static class SiteLoader
{
    /// <summary>Reads and validates a file with the packs that it names. Never throws for what a file holds.</summary>
    /// <param name="path">The file, as the user named it; relative paths in it start at its directory.</param>
    /// <param name="packDirectories">Where packs are looked for; of two with one name the later wins. <c>packs/</c> beside the file is added.</param>
    /// <param name="environmentVariables">For <c>${VAR}</c>.</param>
    public static LoadResult Load(
        string path, IReadOnlyList<string> packDirectories, IReadOnlyDictionary<string, string> environmentVariables)
    {
        var problems = new List<Diagnostic>();
        if (YamlText.ReadFile(path, out var problem) is not { } bytes)
            return new LoadResult(null, [new Diagnostic(path, 0, 0, problem == YamlText.NotThere ? $"{problem}; name one with -f FILE" : problem)]);
        var directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        var file = new SourceFile(path, directory, problems);
        var site = Read(file, bytes, [.. packDirectories, Path.Join(directory, "packs")], environmentVariables);
        return new LoadResult(problems.Count == 0 ? site : null, Sorted(problems, path));
    }

    /// <summary>The site of a file's bytes; meaningful when no problem was reported.</summary>
    internal static SiteSpec? Read(
        SourceFile file, ReadOnlySpan<byte> bytes, IReadOnlyList<string> packDirectories, IReadOnlyDictionary<string, string> variables)
    {
        if (YamlReader.Read(file, bytes, new Variables(variables)) is not { } root)
            return null;
        var catalog = new PackCatalog(packDirectories, file.Problems);
        var site = new SiteDraft(file, catalog);
        if (!Section.Read(file, root, "the file", SiteKeys.Site, site))
            return null;
        if (root is MapNode { Entries.Count: 0 })
            file.Report(root, "neither 'servers' nor 'environments': there is nothing to bring up");
        SiteChecks.Run(site);
        return Build(site);
    }

    /// <summary>Those of the main file first, each file's by position.</summary>
    internal static IReadOnlyList<Diagnostic> Sorted(IEnumerable<Diagnostic> problems, string main) =>
    [
        .. problems.Distinct().OrderBy(p => p.File == main ? 0 : 1).ThenBy(p => p.File, StringComparer.Ordinal)
            .ThenBy(p => p.Line).ThenBy(p => p.Column),
    ];

    private static SiteSpec Build(SiteDraft site) => new()
    {
        Servers = site.Servers.ToDictionary(s => s.Name.Value, s => new ServerSpec
        {
            Machine = s.Machine(),
            Publish = [.. s.Publish.Select(p => p.Port)],
            Uplink = s.Uplink,
            DependsOn = [.. s.DependsOn.Select(d => d.Dependency)],
            Start = s.Start,
            StartWithin = s.StartWithin ?? ServerSpec.StartWithinUsually,
        }),
        Environments = site.Environments.ToDictionary(e => e.Name.Value, e => new EnvironmentSpec
        {
            // Beside packs nothing of an image runs: it is there for its files.
            Machine = e.Machine(runs: !e.HasPacks),
            Watch = [.. e.Watch.Select(w => w.Server)],
            Filters = e.Watch.Where(w => w.Filter is not null).ToDictionary(w => w.Server, w => w.Filter!),
            Packs = [.. e.Packs.Where(p => p.Spec is not null).Select(p => p.Spec!)],
            Frames = e.Frames,
            Capture = e.Capture,
            NetAdmin = e.NetAdmin || e.Packs.Any(p => p.Spec is { NetAdmin: true }),
        }),
    };
}
