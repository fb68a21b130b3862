using System.Globalization;
using System.Text;

namespace HyperSpector.Engine.Configuration;

/// <summary>The user's text inside a message: on one line, short, and harmless on a terminal.</summary>
internal static class Quoted
{
    internal static string Text(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (var c in text)
        {
            if (quoted.Length > ConfigurationLimits.QuotedLength)
            {
                _ = quoted.Append('…');
                break;
            }

            // Cc: controls; Cf: among others what turns the direction of writing; Zl, Zp: line ends of Unicode.
            var harmful = char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
            _ = harmful ? quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : quoted.Append(c);
        }

        return quoted.Append('\'').ToString();
    }
}
