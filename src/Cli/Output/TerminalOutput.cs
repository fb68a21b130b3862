using System.Text;
using Spectre.Console;

namespace HyperSpector.Cli.Output;

/// <summary>Where Spectre.Console writes: without its own guesses about the terminal.</summary>
internal sealed class TerminalOutput(TextWriter writer, bool isTerminal, Func<(int Columns, int Rows)?> size) : IAnsiConsoleOutput
{
    // Not a terminal: nobody wants lines broken, cells cut or blanks filled in there.
    private const int Unlimited = 4096;

    public TextWriter Writer => writer;

    public bool IsTerminal => isTerminal;

    // A terminal without a window may know its columns, its rows, or neither.
    public int Width => isTerminal ? size() is { Columns: > 0 and var columns } ? columns : 80 : Unlimited;

    public int Height => size() is { Rows: > 0 and var rows } ? rows : 24;

    public void SetEncoding(Encoding encoding)
    {
        // Always UTF-8.
    }
}
