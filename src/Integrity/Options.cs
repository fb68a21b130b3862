namespace HyperSpector.Integrity;

/// <summary>The command line.</summary>
internal sealed class Options
{
    private static readonly string[] s_flags = ["--full", "--changed", "--json"];

    private static readonly string[] s_values =
        ["--server", "--state", "--policy", "--log", "--key", "--by", "--reason", "--merged", "--upper", "--generation"];

    private readonly Dictionary<string, string> _given = [];

    internal List<string> Arguments { get; } = [];

    internal bool Has(string flag) => _given.ContainsKey(flag);

    internal string? Value(string option) => _given.GetValueOrDefault(option);

    /// <exception cref="UsageException">It is not as the manual says.</exception>
    internal static Options Parse(ReadOnlySpan<string> arguments)
    {
        var options = new Options();
        for (var i = 0; i < arguments.Length; i++)
        {
            var argument = arguments[i];
            if (s_flags.Contains(argument))
                options._given[argument] = "";
            else if (s_values.Contains(argument))
                options._given[argument] = ++i < arguments.Length ? arguments[i] : throw new UsageException($"{argument} needs a value");
            else if (argument.StartsWith('-'))
                throw new UsageException($"unknown option {argument}");
            else
                options.Arguments.Add(argument);
        }

        return options;
    }
}

/// <summary>The command line is wrong; one line.</summary>
internal sealed class UsageException(string message) : Exception(message);
