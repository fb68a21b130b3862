using Spectre.Console;

namespace HyperSpector.Cli.Output;

/// <summary>What a piece of text wants to say by its colour; never the only carrier of a meaning.</summary>
internal enum Tone
{
    Plain,
    Heading,
    Dim,
    Good,
    Warn,
    Bad,
}

/// <summary>Text of a table's cell.</summary>
internal readonly record struct Cell(string Text, Tone Tone = Tone.Plain)
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>Tones as colours.</summary>
internal static class Tones
{
    internal const string EndOfTone = "\e[0m";

    internal static Style Style(Tone tone) => tone switch
    {
        Tone.Heading => new Style(decoration: Decoration.Bold),
        Tone.Dim => new Style(decoration: Decoration.Dim),
        Tone.Good => new Style(Color.Green),
        Tone.Warn => new Style(Color.Yellow),
        Tone.Bad => new Style(Color.Red, decoration: Decoration.Bold),
        _ => Spectre.Console.Style.Plain,
    };

    /// <summary>The same for lines that Spectre.Console must not break (SGR, ECMA-48).</summary>
    internal static string Begin(Tone tone) => tone switch
    {
        Tone.Heading => "\e[1m",
        Tone.Dim => "\e[2m",
        Tone.Good => "\e[32m",
        Tone.Warn => "\e[33m",
        Tone.Bad => "\e[1;31m",
        _ => "",
    };
}
