using System.Buffers;
using System.Security.Cryptography;
using HyperSpector.Engine.Configuration;

namespace HyperSpector.Engine.Images;

/// <summary>A name by content: <c>sha256:</c> and 64 hexadecimal digits (image-spec, descriptor.md).</summary>
internal readonly record struct Digest
{
    private const string Prefix = "sha256:";
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private readonly string _hex;

    private Digest(string hex) => _hex = hex;

    /// <summary>The digits.</summary>
    internal string Hex => _hex;

    internal static Digest Of(ReadOnlySpan<byte> content) => new(Convert.ToHexStringLower(SHA256.HashData(content)));

    /// <summary>Reads a digest; it becomes part of paths, so nothing but the exact form passes.</summary>
    /// <exception cref="ImageException">It has another form, or another algorithm.</exception>
    internal static Digest Parse(string text)
    {
        if (text.StartsWith(Prefix, StringComparison.Ordinal) && text.Length == Prefix.Length + 64
            && !text.AsSpan(Prefix.Length).ContainsAnyExcept(HexDigits))
            return new Digest(text[Prefix.Length..]);
        throw new ImageException($"digest {Quoted.Text(text)} is not 'sha256:' and 64 hexadecimal digits");
    }

    public override string ToString() => Prefix + _hex;
}
