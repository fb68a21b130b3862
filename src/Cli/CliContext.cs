using HyperSpector.Cli.Output;
using HyperSpector.Cli.Usage;

namespace HyperSpector.Cli;

/// <summary>What every command works with.</summary>
/// <param name="Screen">Where it prints.</param>
/// <param name="Interrupts">Signals that ask it to end.</param>
internal sealed record CliContext(Screen Screen, Interrupts Interrupts)
{
    /// <summary>The options that all commands have.</summary>
    internal GlobalOptions Global { get; } = new();
}
