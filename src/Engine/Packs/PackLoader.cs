using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Packs;

/// <summary>What became of a pack's folder: a pack, or the problems that keep it from being one.</summary>
/// <param name="Pack">With the default of every option; null when there are problems.</param>
/// <param name="Problems">By position.</param>
public sealed record PackResult(PackSpec? Pack, IReadOnlyList<Diagnostic> Problems);

/// <summary>Reads a pack's folder (docs/packs.md). Runs nothing of it.</summary>
public static class PackLoader
{
    /// <summary>The file that makes a folder a pack.</summary>
    public const string FileName = "pack.yaml";

    /// <summary>Reads and validates <c>pack.yaml</c> in <paramref name="directory"/>. Never throws for what a pack holds.</summary>
    public static PackResult Load(string directory)
    {
        var problems = new List<Diagnostic>();
        var path = Path.Join(directory, FileName);
        if (YamlText.ReadFile(path, out var problem) is not { } bytes)
            return new PackResult(null, [new Diagnostic(path, 0, 0, problem)]);
        var file = new SourceFile(path, Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)), problems);
        var pack = Read(file, bytes);
        return new PackResult(problems.Count == 0 ? pack : null, SiteLoader.Sorted(problems, path));
    }

    /// <summary>The pack of a file's bytes; meaningful when no problem was reported.</summary>
    internal static PackSpec? Read(SourceFile file, ReadOnlySpan<byte> bytes)
    {
        if (YamlReader.Read(file, bytes, variables: null) is not { } root)
            return null;
        var draft = new PackDraft(file);
        if (!Section.Read(file, root, "the file", PackKeys.Pack, draft))
            return null;
        if (file.Problems.Count == 0 && draft is { Apt: null, Files.Count: 0, Run.Count: 0, Schedule.Count: 0 })
            file.Report(root, "this pack brings nothing; give it 'apt', 'files' or 'run'");
        if (file.Problems.Count == 0)
            CheckOptions(draft);
        return new PackSpec
        {
            Name = Path.GetFileName(file.Directory),
            Directory = file.Directory,
            Description = draft.Description,
            Apt = draft.Apt,
            Files = draft.Files,
            Run = draft.Run,
            Schedule = draft.Schedule,
            Outputs = draft.Outputs,
            NetAdmin = draft.NetAdmin,
            Options = draft.Options.DistinctBy(o => o.At.Value).ToDictionary(o => o.At.Value, o => o.Default),
        };
    }

    // A misspelt option shows twice: as a reference to nothing, or as an option that nothing refers to.
    private static void CheckOptions(PackDraft pack)
    {
        var names = pack.Options.Select(o => o.At.Value).ToList();
        var used = new HashSet<string>();
        for (var i = 0; i < pack.Run.Count; i++)
            Check(pack.CommandPlaces[i], "run", pack.Run[i].Arguments);
        var defaults = pack.Options.DistinctBy(o => o.At.Value).ToDictionary(o => o.At.Value, o => o.Default);
        for (var i = 0; i < pack.Schedule.Count; i++)
        {
            var (task, (runAt, everyAt)) = (pack.Schedule[i], pack.TaskPlaces[i]);
            if (pack.Run.Any(r => r.Name == task.Name))
                pack.File.Report(runAt, $"schedule: a command of 'run' is named '{task.Name}', too; logs tell commands by their names");
            Check(runAt, "schedule", task.Arguments);
            if (Check(everyAt, "schedule", [task.Every]))
                _ = PackScheduleReader.Interval(pack.File, everyAt, task, defaults);
        }

        foreach (var (_, path) in pack.Files.SelectMany(f => PackTree.Files(Path.Join(pack.File.Directory, "files", f.Source))))
            used.UnionWith(PackOptions.References(ReadOrEmpty(path)));
        foreach (var (at, _) in pack.Options.Where(o => !used.Contains(o.At.Value)))
            pack.File.Report(at, $"option '{at.Value}' is used nowhere; write ${{{at.Value}}} in a command or in a file");

        bool Check(Node at, string what, IReadOnlyList<string> texts)
        {
            var known = true;
            foreach (var name in texts.SelectMany(PackOptions.References))
            {
                if (!names.Contains(name) && !PackOptions.Reserved.Contains(name))
                {
                    pack.File.Report(at, $"{what}: there is no option '{name}'{Nearest.Suggest(name, names)}");
                    known = false;
                }

                _ = used.Add(name);
            }

            return known;
        }
    }

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return PackInstall.Read(path);
        }
        catch (IOException)
        {
            // It went away while we looked; taking it over reports that.
            return "";
        }
    }
}
