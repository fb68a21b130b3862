using System.Buffers;
using System.Globalization;
using System.Text;

namespace HyperSpector.Engine.Terminal;

/// <summary>
/// Makes text that a VM, an IDS or a file wrote harmless on a terminal: nothing in the result moves the cursor, changes the
/// direction of writing, is invisible, or ends a line. C0 controls, DEL and bytes that are not UTF-8 become <c>\xNN</c>; other
/// controls, format characters and line separators become <c>\u{…}</c>.
/// </summary>
public static class Escaping
{
    /// <summary>Text as one harmless line.</summary>
    /// <param name="text">May hold anything, lone surrogates too.</param>
    /// <param name="keepTabs">Tabs stay: where nothing stands to the right of the text, they do no harm.</param>
    public static string Line(string text, bool keepTabs = false)
    {
        var clean = 0;
        while (clean < text.Length && IsPlain(text[clean], keepTabs))
            clean++;
        if (clean == text.Length)
            return text;
        var result = new StringBuilder(text.Length + 16).Append(text, 0, clean);
        for (var i = clean; i < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var used) == OperationStatus.Done)
                Append(result, rune, keepTabs);
            else
                _ = result.Append(CultureInfo.InvariantCulture, $"\\u{{{(int)text[i]:x}}}");
            i += used;
        }

        return result.ToString();
    }

    /// <summary>Bytes as one harmless line.</summary>
    public static string Line(ReadOnlySpan<byte> utf8, bool keepTabs = false)
    {
        var result = new StringBuilder(utf8.Length + 16);
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out var rune, out var used) == OperationStatus.Done)
            {
                Append(result, rune, keepTabs);
            }
            else
            {
                foreach (var broken in utf8[..used])
                    _ = result.Append(CultureInfo.InvariantCulture, $"\\x{broken:x2}");
            }

            utf8 = utf8[used..];
        }

        return result.ToString();
    }

    /// <summary>True for what must not reach a terminal as it is.</summary>
    public static bool IsHarmful(Rune rune)
    {
        if (rune.Value is >= 0x20 and < 0x7f)
            return false;
        // Cc: C0, DEL, C1 (a lone 0x9b is CSI to many terminals). Cf: bidi overrides and isolates, zero-width and tag characters.
        return Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
    }

    // The fast path: what is certainly plain, without looking at categories.
    private static bool IsPlain(char c, bool keepTabs) => c is >= ' ' and < '\x7f' || (keepTabs && c == '\t');

    private static void Append(StringBuilder result, Rune rune, bool keepTabs)
    {
        if (!IsHarmful(rune) || (keepTabs && rune.Value == '\t'))
            _ = result.Append(rune);
        else if (rune.Value < 0x80)
            _ = result.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
        else
            _ = result.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
    }
}
