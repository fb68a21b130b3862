using HyperSpector.Api.Plans;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Events;

/// <summary>All outputs of a VM, followed into one spool.</summary>
public sealed class OutputFollowers : IDisposable
{
    private readonly List<OutputTail> _tails = [];
    private readonly ReaderNotes _notes;

    /// <summary>Resumes where the spool says that each output stands.</summary>
    /// <param name="plan">Says what the outputs are.</param>
    /// <param name="directories">Their open directories, in the plan's order, borrowed.</param>
    /// <param name="spool">Gets the events, borrowed.</param>
    /// <param name="clock">The time.</param>
    public OutputFollowers(ReaderPlan plan, IReadOnlyList<FileDescriptor> directories, Spool spool, TimeProvider clock)
    {
        var origin = new EventOrigin(plan.Host, plan.Machine, plan.Environment);
        _notes = new ReaderNotes(spool, origin, clock);
        var buffer = new byte[OutputTail.BufferSize];
        for (var i = 0; i < plan.Outputs.Count; i++)
        {
            var output = plan.Outputs[i];
            var sink = new OutputEvents(spool, _notes, origin, plan.Servers, output, clock);
            _tails.Add(new OutputTail(
                directories[i], output.FileName, output.Index, spool.Positions.GetValueOrDefault(output.Index), sink, buffer));
        }
    }

    /// <summary>When <see cref="ReadAll"/> has a note to write though nothing else happens; null: never.</summary>
    public TimeSpan? NotesIn => _notes.FlushIn;

    /// <summary>One bounded turn over all outputs.</summary>
    public TailState ReadAll()
    {
        var state = TailState.Idle;
        foreach (var tail in _tails)
        {
            var one = tail.Read();
            // More outranks Blocked, which outranks Idle: a full disk for one must not stop the loop from looking at the others.
            if (one == TailState.More || state == TailState.Idle)
                state = one;
        }

        _notes.Flush();
        return state;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tail in _tails)
            tail.Dispose();
    }
}
