using System.Diagnostics.CodeAnalysis;

namespace HyperSpector.Engine.Events;

/// <summary>
/// Copies stored lines of several spools or logs into one stream: what is there, merged by time, and on request what comes.
/// Nothing is parsed: lines begin with their time in a form that sorts as text.
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "It is what it says, in the words of the domain")]
public static class LineStream
{
    // {"time":"2026-11-24T02:10:48.1234567+00:00"
    private const int TimeEnd = 42;
    private const int FlushBytes = 64 * 1024;

    /// <summary>Copies until everything is copied or, when following, until <paramref name="cancellation"/>.</summary>
    /// <param name="directories">Directories of segments; those that do not exist yet are waited for when following.</param>
    /// <param name="tail">Only the last so many lines of what is there; null: all.</param>
    /// <param name="follow">Go on with what comes.</param>
    /// <param name="output">Gets complete lines.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task CopyAsync(
        IReadOnlyList<string> directories, int? tail, bool follow, Stream output, CancellationToken cancellation)
    {
        var stores = directories.Select(d => new StoredLines(d)).ToArray();
        using var watch = follow ? new DirectoryWatch() : null;
        try
        {
            // Watch first, read afterwards: what comes in between wakes us.
            watch?.Update(directories, stores);
            var surplus = tail is { } count ? stores.Sum(s => s.SeekTail(count)) - count : 0;
            await DrainAsync(stores, Math.Max(0, surplus), output, cancellation).ConfigureAwait(false);
            while (watch is not null)
            {
                await watch.WaitAsync(cancellation).ConfigureAwait(false);
                watch.Update(directories, stores);
                await DrainAsync(stores, 0, output, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            foreach (var store in stores)
                store.Dispose();
        }
    }

    private static async Task DrainAsync(StoredLines[] stores, long skip, Stream output, CancellationToken cancellation)
    {
        var waiting = stores.Where(s => s.TryAdvance()).ToList();
        var unflushed = 0;
        while (waiting.Count > 0)
        {
            var first = waiting[0];
            foreach (var other in waiting)
            {
                if (TimeOf(other).SequenceCompareTo(TimeOf(first)) < 0)
                    first = other;
            }

            if (skip > 0)
            {
                skip--;
            }
            else
            {
                await output.WriteAsync(first.Line, cancellation).ConfigureAwait(false);
                unflushed += first.Line.Length;
                if (unflushed >= FlushBytes)
                {
                    await output.FlushAsync(cancellation).ConfigureAwait(false);
                    unflushed = 0;
                }
            }

            if (!first.TryAdvance())
                _ = waiting.Remove(first);
        }

        if (unflushed > 0)
            await output.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private static ReadOnlySpan<byte> TimeOf(StoredLines store) => store.Line.Span[..Math.Min(TimeEnd, store.Line.Length)];
}
