using HyperSpector.Api.Site;
using HyperSpector.Engine.Configuration;
using HyperSpector.Engine.Configuration.Keys;

namespace HyperSpector.Engine.Packs;

/// <summary><c>schedule:</c> of a pack: commands that run at intervals.</summary>
internal static class PackScheduleReader
{
    internal static readonly IReadOnlyList<Key<TaskDraft>> Keys =
    [
        new("run", "The command line; exit code 75 (EX_TEMPFAIL) says that it is to be tried again soon.", CommandLine.Schema,
            (d, n) => (d.RunAt, d.Run) = (n, PackKeys.Program(d.File, n, $"schedule: {d.Name}"))),
        new("every", "From one start to the next, e.g. 1h; an option, ${every}, lets users choose.", Sizes.DurationSchema,
            (d, n) => (d.EveryAt, d.Every) = (n, Values.Text(d.File, n, "every"))),
    ];

    private static readonly (TimeSpan, TimeSpan) s_range = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(720));

    internal static IReadOnlyList<PackTask> Read(PackDraft pack, Node node)
    {
        var tasks = new List<PackTask>();
        foreach (var (name, value) in Values.Map(pack.File, node, "schedule")?.Entries ?? [])
        {
            if (!Names.Check(pack.File, name, "scheduled command"))
                continue;
            var draft = new TaskDraft(pack.File, name.Value);
            if (!Section.Read(pack.File, value, $"schedule: {name.Value}", Keys, draft))
                continue;
            if (draft.RunAt is null)
                pack.File.Report(value, $"schedule: {name.Value}: needs 'run', the command line");
            if (draft.EveryAt is null)
                pack.File.Report(value, $"schedule: {name.Value}: needs 'every', e.g. every: 1h");
            if (draft is not { Run: { } run, Every: { } every })
                continue;
            tasks.Add(new PackTask(name.Value, run, every));
            pack.TaskPlaces.Add((draft.RunAt!, draft.EveryAt!));
        }

        return tasks;
    }

    /// <summary>The interval, once options stand in it; a problem at <paramref name="at"/> if it is none.</summary>
    internal static TimeSpan? Interval(SourceFile file, Node at, PackTask task, IReadOnlyDictionary<string, string> options) =>
        Sizes.Duration(file, at, PackOptions.Substitute(task.Every, options), $"schedule: {task.Name}: every", s_range, "1s and 720h");

    /// <summary>The interval of a command that was checked.</summary>
    internal static TimeSpan Interval(PackTask task) => TimeSpan.FromSeconds(Sizes.TrySeconds(task.Every)!.Value);
}
