using HyperSpector.Tests.Adversary.Harness;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Every attack that must fail.</summary>
internal static class Catalogue
{
    // For who writes attacks: only those whose id begins so. The table of all is then incomplete, which its check says.
    private static readonly string s_only = Environment.GetEnvironmentVariable("ATTACKS") ?? "";

    /// <summary>All that the common test tries, also what this kernel lacks.</summary>
    private static readonly IReadOnlyList<Attack> Common =
        [.. new[]
            {
                FileAttacks.All, DeviceAttacks.All, MountAttacks.All, KernelAttacks.All, EscapeAttacks.All, ProcessAttacks.All, MemoryAttacks.All,
                ReachAttacks.All, SpoofAttacks.All, MirrorAttacks.All, CaptureAttacks.All, PortAttacks.All, UplinkAttacks.All,
                FilterAttacks.All, ViewAttacks.All, RuinAttacks.All,
            }.SelectMany(a => a).Where(a => a.Id.StartsWith(s_only, StringComparison.Ordinal))];

    /// <summary>Those that this kernel has the means for.</summary>
    internal static readonly IReadOnlyList<Attack> All = [.. Common.Where(a => a.Present)];

    /// <summary>Those that it has not: logged as such, and listed in docs/attacks.md as such.</summary>
    internal static readonly IReadOnlyList<Attack> Absent = [.. Common.Where(a => !a.Present)];

    /// <summary>Every row of docs/attacks.md.</summary>
    internal static IEnumerable<Attack> Rows => Common.Concat(SpecialAttacks.All);

    internal static Attack Find(string id) => All.Single(a => a.Id == id);

    /// <summary>An attack that is the same on the base and in a VM.</summary>
    internal static Attack Same(string id, string what, string requirements, string program, params string[] arguments) => new()
    {
        Id = id,
        What = what,
        Requirements = requirements,
        Program = program,
        Native = _ => new Trial(arguments),
        Inside = (_, _) => new Trial(arguments),
    };
}
