using System.Diagnostics;
using HyperSpector.Api.Messages;
using HyperSpector.Engine.Hosts;

namespace HyperSpector.Engine.Doctor;

/// <summary>Looks at everything that we need of a host, or can use, by trying it; leaves nothing behind.</summary>
public static class DoctorRunner
{
    /// <summary>Every check, in the order of the report.</summary>
    internal static readonly IReadOnlyList<Check> Table =
    [
        .. KernelChecks.Table, .. FileSystemChecks.Table, .. NetworkChecks.Table, .. CgroupChecks.Table, .. ProgramChecks.Table,
        .. LimitChecks.Table, .. InstallChecks.Table,
    ];

    /// <summary>Runs every check.</summary>
    /// <param name="paths">The host whose disks are looked at; null: the ordinary one.</param>
    /// <param name="programs">Where our programs are; null: beside the running one.</param>
    public static DoctorReport Run(HostPaths? paths = null, string? programs = null)
    {
        var started = Stopwatch.GetTimestamp();
        using var scene = new DoctorScene(paths ?? new HostPaths(), programs ?? AppContext.BaseDirectory);
        var checks = Table.Select(c => Look(c, scene)).ToList();
        return new DoctorReport
        {
            Kernel = DoctorScene.ReadLine("/proc/sys/kernel/osrelease") ?? "unknown",
            Ready = checks.TrueForAll(c => c.Level != DoctorLevel.Required || c.State == DoctorState.Ok),
            Seconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 3),
            Checks = checks,
        };
    }

    private static DoctorCheck Look(Check check, DoctorScene scene)
    {
        Finding finding;
        try
        {
            finding = check.NeedsRoot && !scene.IsRoot ? Finding.Unknown("needs root: sudo hyperspector doctor") : check.Try(scene);
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
        {
            finding = Finding.Missing(refusal.Message.ReplaceLineEndings(" "));
        }

        return new DoctorCheck
        {
            Id = check.Id,
            Level = check.Level,
            State = finding.State,
            Finding = finding.Text,
            Lost = check.Lost,
            Fix = check.Fix,
        };
    }
}
