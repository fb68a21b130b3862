using HyperSpector.Cli.Client;
using HyperSpector.Cli.Output;

namespace HyperSpector.Cli.Watching;

/// <summary>
/// A view that is drawn again and again until it is interrupted, on the terminal's second screen, so that the first is as it was
/// afterwards. Where the terminal cannot be redrawn, the views follow one another.
/// </summary>
internal sealed class LiveView(Screen screen, TimeSpan interval)
{
    // Alternate screen buffer, cursor off; and back (xterm control sequences, DECSET 1049 and 25).
    private const string Begin = "\e[?1049h\e[?25l";
    private const string End = "\e[?25h\e[?1049l";

    /// <summary>Draws until cancelled, which is its ordinary end, or <paramref name="count"/> times.</summary>
    /// <param name="ask">Gets what is to be shown; the daemon may be restarted meanwhile.</param>
    /// <param name="draw">Prints it.</param>
    /// <param name="count">How often; null: without end on a terminal, else once.</param>
    /// <param name="cancellation">Of the user.</param>
    internal async Task ShowAsync<T>(
        Func<CancellationToken, Task<T>> ask, Action<Screen, T> draw, int? count, CancellationToken cancellation)
    {
        // The first answer may fail the command; it is not hidden on the second screen.
        var answer = await ask(cancellation);
        var last = count ?? (screen.IsTerminal ? 0 : 1);
        if (screen.IsLively)
            screen.Own(Begin);
        try
        {
            for (var shown = 1; ; shown++)
            {
                Put(screen.Render(page => draw(page, answer)));
                if (shown == last)
                    break;
                await Task.Delay(interval, cancellation);
                answer = await PatientlyAsync(ask, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Seen enough.
        }
        finally
        {
            if (screen.IsLively)
                screen.Own(End);
        }
    }

    /// <summary>The same for programs: writes each answer, until cancelled or <paramref name="count"/> times.</summary>
    internal async Task StreamAsync<T>(Func<CancellationToken, Task<T>> ask, Action<T> write, int count, CancellationToken cancellation)
    {
        try
        {
            for (var written = 1; ; written++)
            {
                write(await ask(cancellation));
                if (written == count)
                    return;
                await Task.Delay(interval, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // A stream that ends no other way has ended well.
        }
    }

    private async Task<T> PatientlyAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await ask(cancellation);
            }
            catch (CliException error) when (error is DaemonAbsentException or GoneException)
            {
                Put(screen.Render(page => page.Line($"waiting for hyperspectord: {error.Message}")));
                await Task.Delay(interval, cancellation);
            }
        }
    }

    private void Put(string page)
    {
        if (!screen.IsLively)
        {
            screen.Own(page);
            return;
        }

        // Over what stands there, without a blank screen in between; what does not fit is left out, or the top would scroll away.
        var lines = page.TrimEnd('\n').Split('\n');
        // A terminal that was never told its size says 0.
        var rows = screen.Size is { Rows: > 0 } size ? size.Rows : 24;
        screen.Own("\e[H" + string.Concat(lines.Take(Math.Max(1, rows - 1)).Select(l => l + "\e[K\n")) + "\e[J");
    }
}
