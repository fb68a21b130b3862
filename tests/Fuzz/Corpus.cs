using System.Text;
using CsCheck;

namespace HyperSpector.Tests.Fuzz;

/// <summary>How hostile bytes are made: noise, and real inputs with bytes flipped, cut, repeated or put in.</summary>
internal static class Corpus
{
    // What parsers of text stumble over, wherever it stands.
    private static readonly byte[][] s_tokens =
    [
        .. ((string[])["\0", "\n", "\r\n", "\u2028", "\u202e", "\ufeff", "\\u0000", "\\ud800", "\\", "\"", "'", "${", "$$", "}", "]", "[[[[", "{", ":", ",",
            "null", "-1", "0", "1e999", "2147483648", "9223372036854775808", "18446744073709551616", "..", "/", "//", "%", "é", "😀", " ", "\t", "#", "&a ", "*a", "!!x ", "---\n", "...\n", "? ", "- ", ": &a [*a, *a]\n"])
        .Select(Encoding.UTF8.GetBytes),
        [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xff, 0xff, 0xff, 0xff], [0x80], [0x9b],
    ];

    internal static Gen<byte[]> Noise(int longest) => Gen.Byte.Array[0, longest];

    /// <summary>Mutations of seeds; a third is noise.</summary>
    internal static Gen<byte[]> Around(int longest, params byte[][] seeds) =>
        Gen.Frequency((1, Noise(longest)), (2, Mutated(Gen.OneOfConst(seeds))));

    /// <summary>Mutations of texts; a third is noise.</summary>
    internal static Gen<byte[]> Around(params string[] seeds) => Around(200, [.. seeds.Select(Encoding.UTF8.GetBytes)]);

    /// <summary>Inputs with a few changes.</summary>
    internal static Gen<byte[]> Mutated(Gen<byte[]> inputs) =>
        from seed in inputs
        from edits in Gen.Select(Gen.Int[0, 5], Gen.Int[0, int.MaxValue - 1], Gen.Byte).Array[1, 6]
        select edits.Aggregate(seed, (bytes, edit) => Edit(bytes, edit.Item1, edit.Item2, edit.Item3));

    private static byte[] Edit(byte[] bytes, int kind, int at, byte value)
    {
        if (bytes.Length == 0)
            return [value];
        at %= bytes.Length;
        return kind switch
        {
            0 => [.. bytes[..at], value, .. bytes[(at + 1)..]],
            1 => bytes[..at],
            2 => [.. bytes[..at], value, .. bytes[at..]],
            3 => [.. bytes[..at], .. bytes[(at + 1)..]],
            4 => [.. bytes[..at], .. s_tokens[value % s_tokens.Length], .. bytes[at..]],
            _ => [.. bytes, .. bytes[at..]],
        };
    }
}
