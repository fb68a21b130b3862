namespace HyperSpector.Cli;

/// <summary>The program ends with one line for people: what, where, how to mend it.</summary>
internal class CliException(string message, int exitCode = ExitCodes.Failed, Exception? cause = null)
    : Exception(message, cause)
{
    internal int ExitCode => exitCode;
}
