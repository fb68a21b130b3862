namespace HyperSpector.Engine.Events;

/// <summary>
/// The reader's own events: what it could not read or had to drop. Each kind of note is written at once, then at most once in
/// ten seconds with the number of repetitions, so that a hostile VM cannot fill the spool with them.
/// </summary>
internal sealed class ReaderNotes(Spool spool, EventOrigin origin, TimeProvider clock)
{
    private const int KindLimit = 256;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, Note> _notes = [];

    /// <summary>When <see cref="Flush"/> is due; null while nothing waits.</summary>
    internal TimeSpan? FlushIn
    {
        get
        {
            TimeSpan? first = null;
            foreach (var note in _notes.Values)
            {
                if (note.Count == 0)
                    continue;
                var left = Interval - clock.GetElapsedTime(note.Written);
                if (first is null || left < first)
                    first = left < TimeSpan.Zero ? TimeSpan.Zero : left;
            }

            return first;
        }
    }

    /// <summary>Notes something; <paramref name="what"/> is one of few sentences, without anything from the VM in it.</summary>
    internal void Add(string what, long count = 1)
    {
        if (!_notes.TryGetValue(what, out var note))
        {
            if (_notes.Count >= KindLimit)
                return;
            _notes[what] = note = new Note { Written = clock.GetTimestamp() };
            note.Count = count;
            Write(what, note);
            return;
        }

        note.Count += count;
        if (clock.GetElapsedTime(note.Written) >= Interval)
            Write(what, note);
    }

    /// <summary>Writes what has waited long enough.</summary>
    internal void Flush()
    {
        if (spool.TakeDropped() is > 0 and var dropped)
            Add("old events were dropped: the spool is full", dropped);
        foreach (var (what, note) in _notes)
        {
            if (note.Count > 0 && clock.GetElapsedTime(note.Written) >= Interval)
                Write(what, note);
        }
    }

    private void Write(string what, Note note)
    {
        var summary = note.Count == 1 ? what : $"{what} ({note.Count} times)";
        note.Written = clock.GetTimestamp();
        if (spool.TryAppend(origin.FromUs(clock.GetUtcNow(), "reader", "low", summary)))
            note.Count = 0;
    }

    private sealed class Note
    {
        internal long Count { get; set; }

        internal long Written { get; set; }
    }
}
