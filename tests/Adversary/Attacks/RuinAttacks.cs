using HyperSpector.Tests.Adversary.Harness;

namespace HyperSpector.Tests.Adversary.Attacks;

/// <summary>Using up what all share. Limits hold what they name; the rest is issue 4's (docs/threat-model.md).</summary>
internal static class RuinAttacks
{
    private const string Program = "processes.py";

    internal static readonly IReadOnlyList<Attack> All =
    [
        Catalogue.Same("ruin.fork-bomb", "fill the process table, past the VM's limit of 200", "MOD-3 MOD-4", Program, "fork-bomb", "600") with
        {
            From = Vantage.Doomed,
            Expected = "EAGAIN",
        },
        Catalogue.Same("ruin.memory", "fill the memory, past the VM's limit of 256 MiB", "MOD-3 MOD-4", Program, "fill-memory", "512") with
        {
            From = Vantage.Doomed,
        },
    ];
}
