using System.Globalization;
using System.Text.RegularExpressions;

namespace HyperSpector.Engine.Configuration;

/// <summary><c>user:</c>, a name or number, with a group if wanted; names are looked up inside the VM.</summary>
internal static partial class UserReader
{
    internal const string Schema = """{"oneOf":[{"type":"string","minLength":1},{"type":"integer","minimum":0,"maximum":65534}]}""";

    internal static string? Read(SourceFile file, Node node)
    {
        if (Values.Text(file, node, "user") is not { } text)
            return null;
        if (Problem(text) is not { } problem)
            return text;
        file.Report(node, problem);
        return null;
    }

    /// <summary>What is wrong with a user; null when nothing is.</summary>
    internal static string? Problem(string text)
    {
        var parts = text.Split(':');
        if (parts.Length > 2 || !parts.All(p => Part().IsMatch(p)))
            return $"user {Quoted.Text(text)}: write a name or number, or both with a group: www-data, 33, 33:33";
        foreach (var part in parts)
        {
            if (char.IsAsciiDigit(part[0])
                && !(int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id <= ConfigurationLimits.UserMaximum))
                return $"user: {Quoted.Text(part)} is not an id from 0 to {ConfigurationLimits.UserMaximum}";
        }

        return null;
    }

    [GeneratedRegex(@"^([0-9]{1,10}|[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?)\z")]
    private static partial Regex Part();
}
