using HyperSpector.Engine.Hosts;

namespace HyperSpector.Daemon;

/// <summary>Command line and environment of the daemon.</summary>
/// <param name="Paths">Where this host keeps its things.</param>
/// <param name="OnDemand">End when nothing is left to look after (started by <c>hyperspector up</c>, not by systemd).</param>
internal sealed record DaemonOptions(HostPaths Paths, bool OnDemand)
{
    internal static DaemonOptions? Parse(IReadOnlyList<string> arguments, out string problem)
    {
        var host = System.Environment.GetEnvironmentVariable("HYPERSPECTOR_HOST") is { Length: > 0 } named ? named : HostPaths.DefaultName;
        var prefix = System.Environment.GetEnvironmentVariable("HYPERSPECTOR_PREFIX") is { Length: > 0 } given ? given : "/";
        var cache = System.Environment.GetEnvironmentVariable("HYPERSPECTOR_CACHE") is { Length: > 0 } shared ? shared : null;
        var onDemand = false;
        problem = "";
        for (var i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--on-demand":
                    onDemand = true;
                    break;
                case "--host" when i + 1 < arguments.Count:
                    host = arguments[++i];
                    break;
                case "--state-prefix" when i + 1 < arguments.Count:
                    prefix = arguments[++i];
                    break;
                default:
                    problem = $"unknown argument '{arguments[i]}'; usage: hyperspectord [--host NAME] [--on-demand]";
                    return null;
            }
        }

        if (!HostPaths.IsValidName(host))
        {
            problem = $"host name '{host}' must be 1 to 32 letters, digits or dashes, and begin with a letter";
            return null;
        }

        return new DaemonOptions(new HostPaths(host, prefix, cache), onDemand);
    }
}
