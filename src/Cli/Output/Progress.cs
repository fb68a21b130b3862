using System.Text;
using System.Text.Json;
using HyperSpector.Api.Messages;

namespace HyperSpector.Cli.Output;

/// <summary>Shows an operation while it happens.</summary>
internal static class Progress
{
    /// <summary>Shows every step; returns when the operation has ended well.</summary>
    /// <param name="screen">Where.</param>
    /// <param name="json">As JSON lines.</param>
    /// <param name="what">For the message of a failure: <c>up</c>.</param>
    /// <param name="steps">What the daemon tells.</param>
    /// <exception cref="CliException">The operation failed.</exception>
    internal static async Task ShowAsync(Screen screen, bool json, string what, IAsyncEnumerable<ProgressLine> steps)
    {
        var outcome = new ProgressOutcome(what);
        var noted = outcome.NoteAsync(steps);
        if (json)
            await JsonAsync(screen, noted);
        else if (screen.IsLively)
            await new LiveProgress(screen).ShowAsync(noted);
        else
            await LinesAsync(screen, noted);
        if (!json)
        {
            foreach (var words in outcome.LastWords())
                screen.Line($"  | {words}");
        }

        outcome.ThrowIfFailed();
    }

    private static async Task JsonAsync(Screen screen, IAsyncEnumerable<ProgressLine> steps)
    {
        await foreach (var step in steps)
            screen.Json(step, Api.ApiJson.Default.ProgressLine);
    }

    private static async Task LinesAsync(Screen screen, IAsyncEnumerable<ProgressLine> steps)
    {
        await foreach (var step in steps)
        {
            if (!step.Last)
                screen.Line($"{step.Subject}: {step.Step}: {step.State}{(step.Detail is { Length: > 0 } d ? $" ({d})" : "")}");
        }
    }
}

/// <summary>Remembers what decides how an operation ended.</summary>
internal sealed class ProgressOutcome(string what)
{
    private ProgressLine? _last;
    private ProgressLine? _rollBack;

    internal async IAsyncEnumerable<ProgressLine> NoteAsync(IAsyncEnumerable<ProgressLine> steps)
    {
        await foreach (var step in steps)
        {
            if (step.Step == "roll back")
                _rollBack = step;
            if (step.Last)
                _last = step;
            yield return step;
        }
    }

    /// <summary>What a VM that failed said last: hostile; the screen escapes it.</summary>
    internal IEnumerable<string> LastWords()
    {
        foreach (var line in Encoding.UTF8.GetString(_last?.Log ?? []).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string? text = null;
            try
            {
                text = JsonSerializer.Deserialize(line, Api.ApiJson.Default.LogLine)?.Text;
            }
            catch (JsonException)
            {
                // Whoever took the reader over may have written anything: such a line is not shown.
            }

            if (text is not null)
                yield return text;
        }
    }

    internal void ThrowIfFailed()
    {
        if (_last is null)
            throw new CliException($"{what} was cut short: hyperspectord went away; see 'hyperspector status', then repeat it");
        if (_last.State == "finished")
            return;
        var after = _rollBack switch
        {
            { State: "done" } => "; what had been done was rolled back",
            { State: "failed" } => $"; rolling back failed, too: {_rollBack.Detail}",
            _ => "",
        };
        throw new CliException($"{what} failed: {_last.Detail ?? "hyperspectord gave no reason"}{after}");
    }
}
