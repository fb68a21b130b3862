using System.CommandLine;
using HyperSpector.Engine.Hosts;

namespace HyperSpector.Cli.Usage;

/// <summary>Options that all commands have, and the environment variables behind them.</summary>
internal sealed class GlobalOptions
{
    private const string NameRule = "must be 1 to 32 letters, digits or dashes, and begin with a letter";

    internal GlobalOptions() => Host.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<string?>() is { } name && !HostPaths.IsValidName(name))
            result.AddError($"host name '{name}' {NameRule}");
    });

    /// <summary>Which of several hosts of this machine.</summary>
    internal Option<string?> Host { get; } = new("--host")
    {
        HelpName = "NAME",
        Description = "Which host, where several share this machine (or HYPERSPECTOR_HOST)",
        Recursive = true,
    };

    /// <summary>Where the host's directories are; for tests.</summary>
    internal Option<string?> Prefix { get; } = new("--state-prefix")
    {
        HelpName = "DIR",
        Description = "Directory below which the host keeps its things (or HYPERSPECTOR_PREFIX)",
        Recursive = true,
        Hidden = true,
    };

    /// <summary>The host that the command line and the environment name.</summary>
    internal HostPaths Paths(ParseResult parsed)
    {
        var name = parsed.GetValue(Host) ?? Variable("HYPERSPECTOR_HOST") ?? HostPaths.DefaultName;
        if (!HostPaths.IsValidName(name))
            throw new CliException($"HYPERSPECTOR_HOST: host name '{name}' {NameRule}", ExitCodes.Usage);
        var prefix = parsed.GetValue(Prefix) ?? Variable("HYPERSPECTOR_PREFIX") ?? "/";
        return new HostPaths(name, Path.GetFullPath(prefix), Variable("HYPERSPECTOR_CACHE"));
    }

    /// <summary>The same prefix as an argument of the daemon; null when it is the ordinary one.</summary>
    internal string? PrefixArgument(ParseResult parsed) =>
        (parsed.GetValue(Prefix) ?? Variable("HYPERSPECTOR_PREFIX")) is { } prefix ? Path.GetFullPath(prefix) : null;

    /// <summary>Both as arguments of this same program.</summary>
    internal IReadOnlyList<string> Arguments(ParseResult parsed) =>
        ["--host", Paths(parsed).Name, "--state-prefix", PrefixArgument(parsed) ?? "/"];

    private static string? Variable(string name) =>
        System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
