using System.Text;
using CsCheck;
using HyperSpector.Engine.Terminal;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Terminal;

/// <summary>What VMs write, on its way to the administrator's terminal.</summary>
public class EscapingTargets
{
    private static readonly Gen<byte[]> s_bytes = Corpus.Around("plain\ttext\r\nlines\n", "\u001b]0;title\u0007\u009b31m", "é😀\u202e\u2066\u200b\U000e0041", "\r\r\n");

    [Fact]
    public void Line_AnyBytes_IsHarmless() => Target.Run(s_bytes, bytes =>
    {
        foreach (var tabs in (bool[])[false, true])
        {
            var line = Escaping.Line(bytes, tabs);
            Assert.DoesNotContain(line.EnumerateRunes(), r => Escaping.IsHarmful(r) && !(tabs && r.Value == '\t'));
            // What is harmless stands as it is; and nothing else does, so that nothing is hidden by escaping it.
            var text = Encoding.UTF8.GetString(bytes);
            if (System.Text.Unicode.Utf8.IsValid(bytes) && !text.EnumerateRunes().Any(Escaping.IsHarmful))
                Assert.Equal(text, line);
            if (System.Text.Unicode.Utf8.IsValid(bytes))
                Assert.Equal(line, Escaping.Line(text, tabs));
        }
    }, few: 10_000);

    [Fact]
    public void Line_AnyText_IsHarmless() => Target.Run(Gen.String, text => Assert.DoesNotContain(Escaping.Line(text).EnumerateRunes(), Escaping.IsHarmful), few: 10_000);

    [Fact]
    public void Incremental_AnyPieces_AreTheWholeEscaped() => Target.Run(
        Gen.Select(s_bytes, Gen.Int[1, 5].List[1, 10]),
        sample =>
        {
            var (bytes, pieces) = sample;
            var whole = new IncrementalEscaping();
            byte[] expected = [.. whole.Next(bytes), .. whole.End()];
            var incremental = new IncrementalEscaping();
            var result = new List<byte>();
            for (var (at, i) = (0, 0); at < bytes.Length; i++)
            {
                var length = Math.Min(pieces[i % pieces.Count], bytes.Length - at);
                result.AddRange(incremental.Next(bytes.AsSpan(at, length)));
                at += length;
            }

            result.AddRange(incremental.End());
            Assert.Equal(Encoding.UTF8.GetString(expected), Encoding.UTF8.GetString([.. result]));
            Assert.DoesNotContain(Encoding.UTF8.GetString(expected).EnumerateRunes(), r => Escaping.IsHarmful(r) && r.Value is not ('\n' or '\t'));
        }, few: 10_000);
}
