using HyperSpector.Api.Site;

namespace HyperSpector.Engine.Configuration.Keys;

/// <summary><c>health:</c>, how a VM's health is checked.</summary>
internal static class HealthReader
{
    private static readonly (TimeSpan, TimeSpan) s_period = (TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(24));
    private static readonly (TimeSpan, TimeSpan) s_periodOrNone = (TimeSpan.Zero, TimeSpan.FromHours(24));
    private const string Bounds = "100ms and 24h";

    internal static readonly Key<Draft>[] Keys =
    [
        new("run", "The command, in the VM and as its user; it passes with exit code 0.", CommandLine.Schema,
            (d, n) => (d.HasRun, d.Run) = (true, CommandLine.Read(d.File, n, "run"))),
        new("interval", "From the end of one check to the next; 30s unless said otherwise.", Sizes.DurationSchema,
            (d, n) => d.Interval = Sizes.Duration(d.File, n, "interval", s_period, Bounds)),
        new("timeout", "A check that takes longer has failed; 5s unless said otherwise.", Sizes.DurationSchema,
            (d, n) => d.Timeout = Sizes.Duration(d.File, n, "timeout", s_period, Bounds)),
        new("retries", "Failures in a row that make it unhealthy; 3 unless said otherwise.", """{"oneOf":[{"type":"integer","minimum":1,"maximum":1000},{"type":"string"}]}""",
            (d, n) => d.Retries = Values.Whole(d.File, n, "retries", 1, 1000)),
        new("start_period", "Time after the start in which failures do not count; 30s unless said otherwise.", Sizes.DurationSchema,
            (d, n) => d.StartPeriod = Sizes.Duration(d.File, n, "start_period", s_periodOrNone, "0s and 24h")),
        new("restart", "End the VM when it becomes unhealthy, so that its restart policy starts it again.", """{"type":"boolean"}""",
            (d, n) => d.Restart = Values.Bool(d.File, n, "restart") ?? false),
    ];

    internal static HealthSpec? Read(SourceFile file, Node node)
    {
        var draft = new Draft(file);
        if (!Section.Read(file, node, "health", Keys, draft))
            return null;
        if (!draft.HasRun)
            file.Report(node, "health: needs 'run', the command that checks");
        var usual = new HealthSpec { Run = draft.Run ?? [] };
        return usual with
        {
            Interval = draft.Interval ?? usual.Interval,
            Timeout = draft.Timeout ?? usual.Timeout,
            Retries = draft.Retries ?? usual.Retries,
            StartPeriod = draft.StartPeriod ?? usual.StartPeriod,
            Restart = draft.Restart,
        };
    }

    internal sealed class Draft(SourceFile file)
    {
        internal SourceFile File => file;

        internal bool HasRun { get; set; }

        internal IReadOnlyList<string>? Run { get; set; }

        internal TimeSpan? Interval { get; set; }

        internal TimeSpan? Timeout { get; set; }

        internal int? Retries { get; set; }

        internal TimeSpan? StartPeriod { get; set; }

        internal bool Restart { get; set; }
    }
}
