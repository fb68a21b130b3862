using System.Text.RegularExpressions;
using HyperSpector.Engine.Configuration;
using Xunit;

namespace HyperSpector.Tests.Fuzz;

/// <summary>What must hold of what a parser says, whatever it was given.</summary>
internal static partial class Properties
{
    /// <summary>One line, without anything that a terminal would obey, and not without end.</summary>
    internal static void IsOneLine(string message)
    {
        Assert.InRange(message.Length, 1, 2000);
        Assert.DoesNotContain(message, char.IsControl);
        Assert.DoesNotContain('\u2028', message);
        Assert.DoesNotContain('\u202e', message);
    }

    /// <summary>Problems are few, each a line about a place that is in the file.</summary>
    internal static void AreProblemsOf(byte[] file, IReadOnlyList<Diagnostic> problems)
    {
        Assert.InRange(problems.Count, 0, ConfigurationLimits.Problems);
        // YAML counts a lone carriage return and Unicode's own line ends as line ends, too.
        var lines = LineEnd().Count(System.Text.Encoding.UTF8.GetString(file)) + 2;
        Assert.All(problems, p =>
        {
            IsOneLine(p.Message);
            Assert.EndsWith(p.Message, p.ToString(), StringComparison.Ordinal);
            Assert.InRange(p.Line, 0, lines);
            Assert.True(p.Column >= 0);
        });
    }

    /// <summary>Calls that may refuse by one exception only, whose message is one line; null when refused.</summary>
    internal static T? OrRefused<TRefusal, T>(Func<T> call) where TRefusal : Exception where T : class
    {
        try
        {
            return call();
        }
        catch (TRefusal refused)
        {
            IsOneLine(refused.Message);
            return null;
        }
    }

    [GeneratedRegex("\r\n|[\r\n\u0085\u2028\u2029]")]
    private static partial Regex LineEnd();
}
