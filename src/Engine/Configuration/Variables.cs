using System.Text;
using System.Text.RegularExpressions;

namespace HyperSpector.Engine.Configuration;

/// <summary>
/// <c>${VAR}</c>, <c>${VAR:-default}</c>, <c>${VAR:?message}</c> and <c>$$</c> in values. What stands for a variable is text:
/// it can never become YAML. Every other use of the dollar sign is refused, since nobody can tell whose variable was meant.
/// </summary>
internal sealed partial class Variables(IReadOnlyDictionary<string, string> values)
{
    /// <summary>The text with its variables put in place, or null and a problem.</summary>
    internal string? Substitute(string text, out string problem)
    {
        problem = "";
        if (!text.Contains('$', StringComparison.Ordinal))
            return text;
        var result = new StringBuilder();
        var position = 0;
        while (position < text.Length)
        {
            var dollar = text.IndexOf('$', position);
            if (dollar < 0)
                break;
            _ = result.Append(text, position, dollar - position);
            var next = dollar + 1 < text.Length ? text[dollar + 1] : '\0';
            if (next == '$')
            {
                _ = result.Append('$');
                position = dollar + 2;
                continue;
            }

            var end = next == '{' ? text.IndexOf('}', dollar) : -1;
            if (end < 0)
            {
                problem = Stray(text, dollar);
                return null;
            }

            if (Value(text[(dollar + 2)..end], ref problem) is not { } value)
                return null;
            _ = result.Append(value);
            position = end + 1;
            if (result.Length > ConfigurationLimits.TextLength)
            {
                problem = $"the value is longer than {ConfigurationLimits.TextLength} characters once its variables are put in place";
                return null;
            }
        }

        return result.Append(text, position, text.Length - position).ToString();
    }

    private string? Value(string expression, ref string problem)
    {
        var match = Expression().Match(expression);
        if (!match.Success)
        {
            problem = $"{Quoted.Text($"${{{expression}}}")} is not a variable; write ${{NAME}}, ${{NAME:-default}}, ${{NAME:?message}} or $$";
            return null;
        }

        var name = match.Groups["name"].Value;
        var given = values.GetValueOrDefault(name, "");
        var word = match.Groups["word"].Value;
        switch (match.Groups["operator"].Value)
        {
            case ":-":
                return given.Length > 0 ? given : word;
            case ":?" when given.Length == 0:
                problem = $"variable {name} is not set: {(word.Length == 0 ? "it is required" : Quoted.Text(word))}";
                return null;
            case "" when !values.ContainsKey(name):
                problem = $"variable {name} is not set; set it, or write ${{{name}:-default}}";
                return null;
            default:
                return given;
        }
    }

    private static string Stray(string text, int dollar)
    {
        var name = Name().Match(text, dollar + 1);
        return name is { Success: true } && name.Index == dollar + 1
            ? $"'${name.Value}': write ${{{name.Value}}} for a variable of yours, or $${name.Value} to pass it on as it stands"
            : "stray '$'; write $$ for a dollar sign, or ${NAME} for a variable";
    }

    [GeneratedRegex("^(?<name>[A-Za-z_][A-Za-z0-9_]*)((?<operator>:[-?])(?<word>.*))?$", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Expression();

    [GeneratedRegex(@"\G[A-Za-z_][A-Za-z0-9_]{0,40}")]
    private static partial Regex Name();
}
