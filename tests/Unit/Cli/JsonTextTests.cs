using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsCheck;
using HyperSpector.Cli.Output;
using HyperSpector.Engine.Terminal;
using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

public sealed class JsonTextTests
{
    // As another program might write it: as little escaped as JSON allows.
    private static readonly JsonWriterOptions s_relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void Harmless_AnyString_IsTheSameValueWithoutHarm() => Gen.OneOf(
        Gen.Char.Array[0, 40].Select(c => new string(c)),
        Gen.OneOfConst("\x7f", "\u009b", "\u202e", "\U000E0041", "😀", "\"", "\\", "\n", "a").Array[0, 20].Select(string.Concat))
        .Where(t => !t.EnumerateRunes().Any(r => r == Rune.ReplacementChar)).Sample(text =>
        {
            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer, s_relaxed))
                writer.WriteStringValue(text);
            // What this writer escapes though JSON would not ask it to.
            var json = Encoding.UTF8.GetString(buffer.ToArray())
                .Replace(@"\u202E", "\u202e", StringComparison.Ordinal).Replace(@"\u009B", "\u009b", StringComparison.Ordinal)
                .Replace(@"\u007F", "\x7f", StringComparison.Ordinal);
            var line = Encoding.UTF8.GetBytes(json);
            Assert.True(JsonText.IsOneLine(line));

            var harmless = Encoding.UTF8.GetString(JsonText.Harmless(line));

            Assert.DoesNotContain(harmless.EnumerateRunes(), Escaping.IsHarmful);
            Assert.Equal(text, JsonDocument.Parse(harmless).RootElement.GetString());
        }, iter: 3000);

    [Fact]
    public void IsOneLine_AnyBytes_AcceptsOnlyJson() => Gen.OneOf(
        Gen.Byte.Array[0, 30],
        Gen.OneOfConst("{", "}", "[", "]", "\"", ":", ",", "1", "-", "null", " ", "\n", "\t", "\xff").Array[0, 8]
            .Select(t => Encoding.Latin1.GetBytes(string.Concat(t)))).Sample(bytes =>
        {
            if (!JsonText.IsOneLine(bytes))
                return;
            Assert.DoesNotContain((byte)'\n', bytes);
            using var document = JsonDocument.Parse(bytes);
        }, iter: 5000);

    [Theory]
    [InlineData("{\"a\":1}", true)]
    [InlineData(" [1, 2]\t", true)]
    [InlineData("", false)]
    [InlineData(" ", false)]
    [InlineData("{\"a\":1}\r", false)]
    [InlineData("{\"a\":1} {}", false)]
    [InlineData("{\"a\":1,}", false)]
    [InlineData("// no", false)]
    public void IsOneLine_Examples_AreToldApart(string line, bool expected) =>
        Assert.Equal(expected, JsonText.IsOneLine(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void IsOneLine_DeepNesting_EndsWithoutAStackOverflow()
    {
        var deep = new string('[', 100_000) + new string(']', 100_000);

        Assert.False(JsonText.IsOneLine(Encoding.UTF8.GetBytes(deep)));
        Assert.True(JsonText.IsOneLine(Encoding.UTF8.GetBytes(deep[99_500..100_500])));
    }
}
