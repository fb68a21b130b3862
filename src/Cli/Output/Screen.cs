using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HyperSpector.Engine.Terminal;
using HyperSpector.Linux.Calls;
using Spectre.Console;

namespace HyperSpector.Cli.Output;

/// <summary>
/// All that the program prints. Whatever goes through <see cref="Line"/>, <see cref="Pieces"/>, <see cref="Table"/> or
/// <see cref="Fail"/> has its control characters escaped here, so that no caller can forget it.
/// </summary>
internal sealed class Screen : IDisposable
{
    private readonly Stream _stream;
    private readonly Func<(int Columns, int Rows)?> _size;
    private readonly TextWriter _out;
    private readonly TextWriter _error;

    internal Screen(Stream output, Stream error, bool isTerminal, bool isPlain, Func<(int Columns, int Rows)?> size)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        _stream = output;
        _size = size;
        _out = new StreamWriter(output, utf8, 4096) { NewLine = "\n" };
        _error = new StreamWriter(error, utf8, 512) { NewLine = "\n", AutoFlush = true };
        IsTerminal = isTerminal;
        IsLively = isTerminal && !isPlain;
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = IsLively ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = IsLively ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = IsLively ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new TerminalOutput(_out, isTerminal, size),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        Console.Profile.Capabilities.Unicode = true;
    }

    /// <summary>Standard output is a terminal.</summary>
    internal bool IsTerminal { get; }

    /// <summary>… and may be redrawn and coloured.</summary>
    internal bool IsLively { get; }

    /// <summary>Of the terminal, now; null where there is none.</summary>
    internal (int Columns, int Rows)? Size => _size();

    /// <summary>For what is redrawn. Use <see cref="Safe"/> for every text.</summary>
    internal IAnsiConsole Console { get; }

    /// <summary>The program's own standard output and error.</summary>
    internal static Screen Standard()
    {
        var output = StandardStream.Open(1, out var isTerminal, out var descriptor);
        var error = StandardStream.Open(2, out _, out _);
        // https://no-color.org: any value but the empty one.
        var isPlain = System.Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 }
            || System.Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";
        return new Screen(output, error, isTerminal, isPlain, () => descriptor is null ? null : TerminalDevice.Size(descriptor));
    }

    /// <summary>Text from anywhere as one that Spectre.Console prints as it is: escaped, and no markup.</summary>
    internal static Text Safe(string text, Tone tone = Tone.Plain) => new(Escaping.Line(text), Tones.Style(tone));

    /// <summary>What would be printed, in the form that this screen has now.</summary>
    internal string Render(Action<Screen> draw)
    {
        using var bytes = new MemoryStream();
        using (var page = new Screen(bytes, Stream.Null, IsTerminal, !IsLively, _size))
            draw(page);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>One line of text from anywhere.</summary>
    internal void Line(string text = "", bool keepTabs = false)
    {
        _out.WriteLine(Escaping.Line(text, keepTabs));
        Sent();
    }

    /// <summary>Text of ours, printed as it is.</summary>
    internal void Own(string text)
    {
        _out.Write(text);
        Sent();
    }

    /// <summary>One line made of pieces from anywhere, each with its tone; never broken.</summary>
    internal void Pieces(params ReadOnlySpan<Cell> pieces)
    {
        foreach (var (text, tone) in pieces)
        {
            // Straight to the writer: Spectre.Console would break a long line into several.
            var toned = IsLively && tone != Tone.Plain;
            if (toned)
                _out.Write(Tones.Begin(tone));
            _out.Write(Escaping.Line(text, keepTabs: true));
            if (toned)
                _out.Write(Tones.EndOfTone);
        }

        _out.WriteLine();
        Sent();
    }

    /// <summary>One line of JSON, bytes unchanged but for a terminal, where what is harmful is written as JSON escapes.</summary>
    internal void Json(ReadOnlySpan<byte> line)
    {
        _out.Flush();
        _stream.Write([.. IsTerminal ? JsonText.Harmless(line) : line, (byte)'\n']);
    }

    /// <summary>An object of ours as one line of JSON.</summary>
    internal void Json<T>(T value, JsonTypeInfo<T> type) => Json(JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>A line of JSON that somebody else wrote: as it is, if it is one; else left out and said so.</summary>
    internal void Foreign(ReadOnlySpan<byte> line, string what)
    {
        if (JsonText.IsOneLine(line))
            Json(line);
        else
            Remark($"hyperspector: a stored {what} is not valid JSON and left out");
    }

    /// <summary>A table; cells from anywhere.</summary>
    internal void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<Cell>> rows)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var heading in headings)
        {
            var column = new TableColumn(Safe(heading, Tone.Heading)) { NoWrap = !IsTerminal };
            _ = table.AddColumn(column.PadLeft(0).PadRight(2));
        }

        foreach (var row in rows)
            _ = table.AddRow(row.Select(cell => Safe(cell.Text, cell.Tone)));
        Console.Write(table);
        Sent();
    }

    /// <summary>The one line on standard error that says what went wrong.</summary>
    internal void Fail(string message)
    {
        Flush();
        _error.WriteLine($"hyperspector: {Escaping.Line(message)}");
    }

    /// <summary>A line on standard error without the program's name: a place in a file, a remark.</summary>
    internal void Remark(string text)
    {
        Flush();
        _error.WriteLine(Escaping.Line(text));
    }

    /// <summary>Has everything on its way.</summary>
    internal void Flush() => _out.Flush();

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }

    // Line by line, also into a pipe: somebody may read it while we follow.
    private void Sent() => _out.Flush();
}
