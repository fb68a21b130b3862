using System.Globalization;
using CsCheck;

namespace HyperSpector.Tests.Fuzz;

/// <summary>How hostile bytes are made: noise, and real inputs with bytes flipped, cut, repeated or put in.</summary>
internal static class Corpus
{
    /// <summary>How many inputs each target gets: few in every test run, many in a long one (<c>make fuzz</c>).</summary>
    internal static int Iterations(int few) =>
        System.Environment.GetEnvironmentVariable("FUZZ_MINUTES") is { Length: > 0 } minutes
            ? few * 50 * int.Parse(minutes, CultureInfo.InvariantCulture)
            : few;

    internal static Gen<byte[]> Noise(int longest) => Gen.Byte.Array[0, longest];

    /// <summary>Mutations of seeds; a third is noise.</summary>
    internal static Gen<byte[]> Around(int longest, params byte[][] seeds) =>
        Gen.Frequency((1, Noise(longest)), (2, Mutated(seeds)));

    private static Gen<byte[]> Mutated(byte[][] seeds) =>
        from seed in Gen.OneOfConst(seeds)
        from edits in Gen.Select(Gen.Int[0, 4], Gen.Int[0, int.MaxValue - 1], Gen.Byte).Array[1, 6]
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
            _ => [.. bytes, .. bytes[at..]],
        };
    }
}
