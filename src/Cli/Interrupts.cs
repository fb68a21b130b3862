using System.Runtime.InteropServices;

namespace HyperSpector.Cli;

/// <summary>
/// Signals that ask us to end: the first cancels what is being done, a second one ends the program as if nobody listened.
/// </summary>
internal sealed class Interrupts : IDisposable
{
    private static readonly (PosixSignal Signal, int Number)[] Signals =
        [(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15)];

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    internal Interrupts()
    {
        foreach (var (signal, number) in Signals)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                if (Forward is { } forward)
                {
                    context.Cancel = true;
                    forward(number);
                }
                else if (Signal == 0)
                {
                    context.Cancel = true;
                    Signal = number;
                    _source.Cancel();
                }
            }));
        }
    }

    /// <summary>The number of the signal that came; 0: none.</summary>
    internal int Signal { get; private set; }

    /// <summary>Cancelled by the first signal.</summary>
    internal CancellationToken Token => _source.Token;

    /// <summary>While set, gets the signals instead: they are meant for a program that we started.</summary>
    internal Action<int>? Forward { get; set; }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }
}
