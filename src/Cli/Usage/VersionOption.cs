using System.CommandLine;
using System.CommandLine.Invocation;
using HyperSpector.Api;
using HyperSpector.Cli.Output;

namespace HyperSpector.Cli.Usage;

/// <summary><c>hyperspector --version</c>, which people try first; <c>hyperspector version</c> says more.</summary>
internal sealed class VersionOption : Option<bool>
{
    internal VersionOption(Screen screen) : base("--version")
    {
        Description = "Show the version of this program";
        Action = new Print(screen);
    }

    internal sealed class Print(Screen screen) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            screen.Line($"hyperspector {ProductVersion.Text}");
            return ExitCodes.Done;
        }
    }
}
