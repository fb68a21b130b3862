using System.Text;
using CsCheck;
using HyperSpector.Engine.Terminal;
using Xunit;

namespace HyperSpector.Tests.Unit.Terminal;

public sealed class EscapingTests
{
    private const int Iterations = 5000;

    [Theory]
    [InlineData("plain äöü 漢字 😀 [red]markup[/]", "plain äöü 漢字 😀 [red]markup[/]")]
    [InlineData("\e[2J\e]0;owned\a", @"\x1b[2J\x1b]0;owned\x07")]
    [InlineData("a\nb\r\tc\0", @"a\x0ab\x0d\x09c\x00")]
    [InlineData("\x7f\u0080\u009b31m\u0085", @"\x7f\u{80}\u{9b}31m\u{85}")]
    [InlineData("abc\u202Etxt.exe\u2066\u2069", @"abc\u{202e}txt.exe\u{2066}\u{2069}")]
    [InlineData("zero\u200Bwidth\uFEFF \u2028 \u2029", @"zero\u{200b}width\u{feff} \u{2028} \u{2029}")]
    [InlineData("tag \U000E0041", @"tag \u{e0041}")]
    public void Line_HarmfulCharacters_BecomeVisible(string text, string expected) => Assert.Equal(expected, Escaping.Line(text));

    // Not as a theory's data: metadata cannot hold it.
    [Fact]
    public void Line_HalfOfASurrogatePair_BecomesVisible() => Assert.Equal(@"half \u{d800} pair", Escaping.Line("half \ud800 pair"));

    [Fact]
    public void Line_BytesThatAreNotUtf8_BecomeHexadecimal() =>
        Assert.Equal(@"a\xff\xc3(\x9b ü\xe2\x82", Escaping.Line([(byte)'a', 0xff, 0xc3, (byte)'(', 0x9b, (byte)' ', 0xc3, 0xbc, 0xe2, 0x82]));

    [Fact]
    public void Line_TabsKept_OnlyTabsStay() => Assert.Equal("a\tb\\x0bc", Escaping.Line("a\tb\vc", keepTabs: true));

    [Fact]
    public void Line_AnyText_HoldsNothingHarmful() => Text.Sample(text =>
    {
        var line = Escaping.Line(text);
        Assert.DoesNotContain(line.EnumerateRunes(), Escaping.IsHarmful);
        Assert.Equal(line, Escaping.Line(line));
    }, iter: Iterations);

    [Fact]
    public void Line_AnyTextAsBytes_IsAsItsText() => Text.Where(t => !t.Any(char.IsSurrogate)).Sample(text =>
        Assert.Equal(Escaping.Line(text), Escaping.Line(Encoding.UTF8.GetBytes(text))), iter: Iterations);

    [Fact]
    public void Line_AnyBytes_HoldNothingHarmful() => Gen.Byte.Array[0, 200].Sample(bytes =>
        Assert.DoesNotContain(Escaping.Line(bytes).EnumerateRunes(), Escaping.IsHarmful), iter: Iterations);

    [Fact]
    public void IncrementalEscaping_AnyPieces_AreAsTheWhole() => Pieces.Array[0, 12].Sample(pieces =>
    {
        byte[] whole = [.. pieces.SelectMany(p => p)];
        var atOnce = new IncrementalEscaping();
        byte[] expected = [.. atOnce.Next(whole), .. atOnce.End()];
        var escaping = new IncrementalEscaping();
        byte[] actual = [.. pieces.SelectMany(p => escaping.Next(p)), .. escaping.End()];
        Assert.Equal(Encoding.UTF8.GetString(expected), Encoding.UTF8.GetString(actual));
        Assert.DoesNotContain(
            Encoding.UTF8.GetString(actual).EnumerateRunes(), r => Escaping.IsHarmful(r) && r.Value is not ('\n' or '\t'));
    }, iter: Iterations);

    [Fact]
    public void IncrementalEscaping_LineEnds_Stay()
    {
        var escaping = new IncrementalEscaping();
        Assert.Equal("a\nb\nc\\x0dd\n", Encoding.UTF8.GetString([.. escaping.Next("a\r"u8), .. escaping.Next("\nb\nc\rd\n"u8), .. escaping.End()]));
    }

    // Anything, with more of what is dangerous than chance would bring.
    private static Gen<string> Text => Gen.OneOf(
        Gen.Char.Array[0, 50].Select(c => new string(c)),
        Gen.OneOfConst("\e[31m", "\u009b", "\u202e", "\u2067", "\x7f", "\r\n", "\ud83d", "\ude00", "😀", "a", "[red]", "\t", "\u0085").Array[0, 20]
            .Select(string.Concat));

    // Whole, halved and broken characters, and line ends.
    private static Gen<byte[]> Pieces => Gen.OneOf(
        Gen.Byte.Array[0, 8],
        Gen.OneOfConst<byte[]>([0xf0, 0x9f], [0x98, 0x80], [0xe2], [0x80, 0xae], [(byte)'\r'], [(byte)'\n'], [(byte)'x'], [0xc2], [0x9b]));
}
