using System.Diagnostics;
using HyperSpector.Api.Messages;
using Spectre.Console;

namespace HyperSpector.Cli.Output;

/// <summary>An operation on a terminal: one row for each thing, redrawn while it happens.</summary>
internal sealed class LiveProgress(Screen screen)
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);
    private static readonly string[] Frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

    // Guards _rows.
    private readonly Lock _lock = new();
    private readonly List<Row> _rows = [];

    internal async Task ShowAsync(IAsyncEnumerable<ProgressLine> steps)
    {
        // Not awaited where drawing fails: the program ends then, and with it the request.
        var noting = NoteAsync(steps);
        await screen.Console.Live(Draw(0)).StartAsync(async context =>
        {
            for (var frame = 0; !noting.IsCompleted; frame++)
            {
                context.UpdateTarget(Draw(frame));
                screen.Flush();
                _ = await Task.WhenAny(noting, Task.Delay(Beat));
            }

            context.UpdateTarget(Draw(0));
        });
        screen.Flush();
        await noting;
    }

    private async Task NoteAsync(IAsyncEnumerable<ProgressLine> steps)
    {
        await foreach (var step in steps)
        {
            lock (_lock)
                Note(step);
        }
    }

    private void Note(ProgressLine step)
    {
        if (step.Last)
            return;
        var row = _rows.Find(r => r.Step.Subject == step.Subject);
        if (row is null)
            _rows.Add(row = new Row(step, Stopwatch.GetTimestamp()));
        row.Step = step;
        row.Ended = step.State == "running" ? null : Stopwatch.GetElapsedTime(row.Began);
    }

    private Table Draw(int frame)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders();
        for (var i = 0; i < 4; i++)
            _ = table.AddColumn(new TableColumn("").PadLeft(0).PadRight(2));
        foreach (var row in Rows())
        {
            var (mark, tone) = row.Step.State switch
            {
                "running" => (Frames[frame % Frames.Length], Tone.Warn),
                "failed" => ("✗", Tone.Bad),
                "unchanged" => ("=", Tone.Dim),
                _ => ("✓", Tone.Good),
            };
            var text = row.Step.State is "running" or "done" ? row.Step.Step : $"{row.Step.Step}: {row.Step.State}";
            var detail = row.Step.Detail is { Length: > 0 } d ? $" ({d})" : "";
            var time = (row.Ended ?? Stopwatch.GetElapsedTime(row.Began)).TotalSeconds;
            _ = table.AddRow(
                Screen.Safe(mark, tone),
                Screen.Safe(row.Step.Subject, Tone.Heading),
                Screen.Safe(text + detail),
                Screen.Safe(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{time:0.0} s"), Tone.Dim));
        }

        return table;
    }

    private IReadOnlyList<Row> Rows()
    {
        lock (_lock)
            return [.. _rows];
    }

    private sealed class Row(ProgressLine step, long began)
    {
        internal ProgressLine Step { get; set; } = step;

        internal long Began => began;

        internal TimeSpan? Ended { get; set; }
    }
}
