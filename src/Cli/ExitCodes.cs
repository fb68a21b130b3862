namespace HyperSpector.Cli;

/// <summary>What the program's end tells a script (design §9).</summary>
internal static class ExitCodes
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int Found = 3;

    // As a shell tells the end by a signal: 128 + SIGPIPE.
    internal const int BrokenPipe = 141;
}
