using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CsCheck;
using HyperSpector.Api;
using HyperSpector.Cli.Output;
using HyperSpector.Engine.Terminal;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Protocol;

/// <summary>What the daemon answers: the CLI takes it from the socket, and events and log lines in it are a VM's words.</summary>
public class MessageTargets
{
    private static readonly (string Seed, JsonTypeInfo Type)[] s_messages =
    [
        ("""{"subject":"web","step":"start","state":"done","detail":"x","log":"eA==","last":true}""", ApiJson.Default.ProgressLine),
        ("""{"host":"h","version":"1","machines":[{"name":"web","kind":"server","state":"running","pid":1,"publish":[{"hostPort":1,"machinePort":2,"protocol":"tcp"}],"usage":{"memory":1}}],"mirrors":[{"server":"web","environment":"edge","interface":"mon0","filter":{"sample":2}}],"parts":[{"role":"reader","machine":"edge","pid":5,"restarts":1}]}""", ApiJson.Default.HostStatus),
        ("""{"time":"2026-11-24T03:41:33+00:00","id":"x","host":"h","sensor":"s","kind":"alert","severity":"low","summary":"","raw":{"a":[1]},"source":{"output":0,"file":"a.b","offset":9}}""", ApiJson.Default.EventRecord),
        ("""{"time":"2026-11-24T03:41:33+00:00","machine":"web","text":"x"}""", ApiJson.Default.LogLine),
        ("""{"runtime":"runc","root":"/run","containerId":"c"}""", ApiJson.Default.ExecTarget),
        ("""{"version":"1","host":"h","pid":1}""", ApiJson.Default.VersionInfo),
        ("""{"error":"x"}""", ApiJson.Default.Failure),
    ];

    [Fact]
    public void Message_AnyBytes_AreReadOrRefused() => Target.Run(
        Gen.OneOf([.. s_messages.Select(m => JsonTrees.Around(m.Seed).Select(bytes => (Bytes: bytes, m.Type)))]),
        message =>
        {
            try
            {
                if (JsonSerializer.Deserialize(message.Bytes, message.Type) is { } read)
                    _ = JsonSerializer.SerializeToUtf8Bytes(read, message.Type);
            }
            catch (JsonException)
            {
                // The CLI says that it does not understand.
            }
        }, few: 15_000, m => Target.Show(m.Bytes));

    [Fact]
    public void JsonLine_AnyBytes_AreHarmlessAndMeanTheSame() => Target.Run(
        Gen.Frequency((1, Corpus.Around(200, "{\"a\":\"\u009b\u202e\t\"}\t"u8.ToArray())), (1, Gen.String.Select(s => JsonSerializer.SerializeToUtf8Bytes(s, s_relaxed)))),
        line =>
        {
            if (!JsonText.IsOneLine(line))
                return;
            var harmless = JsonText.Harmless(line);
            Assert.True(JsonText.IsOneLine(harmless));
            Assert.DoesNotContain(Encoding.UTF8.GetString(harmless).EnumerateRunes(), Escaping.IsHarmful);
            Assert.Equal(Tokens(line), Tokens(harmless));
        }, few: 20_000);

    private static readonly JsonSerializerOptions s_relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Not JsonElement.DeepEquals: it compares numbers by value, and throws at an exponent that it cannot hold.
    private static List<(JsonTokenType Type, string Value)> Tokens(ReadOnlySpan<byte> line)
    {
        var tokens = new List<(JsonTokenType, string)>();
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 1000 });
        while (reader.Read())
        {
            var isText = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName;
            tokens.Add((reader.TokenType, isText ? TextOf(ref reader) : Encoding.UTF8.GetString(reader.ValueSpan)));
        }

        return tokens;
    }

    // Half of a surrogate pair, written as \uXXXX, is JSON but no string.
    private static string TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "invalid: " + Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }
}
