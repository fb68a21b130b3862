using HyperSpector.Tests.Adversary.Harness;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Every attack that must fail.</summary>
internal static class Catalogue
{
    /// <summary>Those that this kernel has the means for.</summary>
    internal static readonly IReadOnlyList<Attack> All =
        [.. new[]
            {
                FileAttacks.All, DeviceAttacks.All, MountAttacks.All, KernelAttacks.All, ProcessAttacks.All, MemoryAttacks.All,
                ReachAttacks.All, SpoofAttacks.All, MirrorAttacks.All, RuinAttacks.All,
            }.SelectMany(a => a).Where(a => a.Present)];

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
