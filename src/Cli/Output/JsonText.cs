using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using HyperSpector.Engine.Terminal;

namespace HyperSpector.Cli.Output;

/// <summary>JSON lines that somebody else wrote.</summary>
internal static class JsonText
{
    // Deeper than any IDS nests; the reader keeps one bit per level.
    private const int DepthLimit = 1000;

    /// <summary>True when the bytes are one JSON value on one line, in UTF-8.</summary>
    internal static bool IsOneLine(ReadOnlySpan<byte> line)
    {
        if (line.IndexOfAny((byte)'\n', (byte)'\r') >= 0 || !Utf8.IsValid(line))
            return false;
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = DepthLimit });
            while (reader.Read())
            {
                // Only whether it can be read is asked.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>
    /// The same JSON value, fit for a terminal: what is harmful there can stand only inside strings, where <c>\uXXXX</c> means the
    /// same. Preconditions: <see cref="IsOneLine"/>.
    /// </summary>
    internal static byte[] Harmless(ReadOnlySpan<byte> line)
    {
        var result = new ArrayBufferWriter<byte>(line.Length + 64);
        Span<byte> bytes = stackalloc byte[4];
        Span<char> chars = stackalloc char[2];
        while (!line.IsEmpty)
        {
            _ = Rune.DecodeFromUtf8(line, out var rune, out var used);
            line = line[used..];
            if (rune.Value == '\t')
            {
                // Raw tabs are allowed between tokens only.
                result.Write(" "u8);
            }
            else if (Escaping.IsHarmful(rune))
            {
                foreach (var unit in chars[..rune.EncodeToUtf16(chars)])
                    result.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}")));
            }
            else
            {
                result.Write(bytes[..rune.EncodeToUtf8(bytes)]);
            }
        }

        return result.WrittenSpan.ToArray();
    }
}
