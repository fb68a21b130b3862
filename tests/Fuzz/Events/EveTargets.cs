using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using HyperSpector.Engine.Events;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Events;

/// <summary>Lines of an IDS's own records: written by an IDS VM.</summary>
public class EveTargets
{
    private const string Alert =
        """{"timestamp":"2026-11-24T03:41:33.002305+0000","flow_id":1415869982003928,"in_iface":"mon0","event_type":"alert","src_ip":"10.0.0.1","proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":8200001,"signature":"path traversal é","category":"","severity":1}}""";

    private const string Flow = """{"timestamp":"2026-11-24T03:41:33+0000","event_type":"flow","flow":{"pkts_toserver":[1,[2,[3]]]}}""";

    [Fact]
    public void Parser_AnyLine_TakesAlertsOnlyAndWhatTheySay() => Target.Run(
        Gen.Frequency((1, Corpus.Around(600, Encoding.UTF8.GetBytes(Alert), Encoding.UTF8.GetBytes(Flow))), (1, JsonTrees.Around(Alert, Flow))),
        line =>
        {
            var verdict = EveParser.Parse(line, out var alert);
            if (verdict != EveVerdict.Alert)
                return;
            Assert.InRange(alert.Signature.Length, 0, EventLimits.Summary);
            Assert.True(alert.SeverityName is "high" or "medium" or "low" or "info");
            // The whole line is one JSON object, so that it can stand in ours; and another reader of JSON reads the same in it.
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = EventLimits.RecordDepth });
            var root = document.RootElement;
            Assert.Equal("alert", root.GetProperty("event_type").GetString());
            if (root.TryGetProperty("alert", out var inner) && inner.ValueKind == JsonValueKind.Object && inner.TryGetProperty("signature", out var signature))
                Assert.Equal(signature.ValueKind == JsonValueKind.String ? EveParser.Cut(signature.GetString()!, EventLimits.Summary) : "", alert.Signature);
        }, few: 100_000);

    [Fact]
    public void Parser_AnyAlert_IsRead() => Target.Run(
        Gen.Select(Gen.String, Gen.Long, Gen.String, Gen.Bool),
        sample =>
        {
            var (signature, severity, device, last) = sample;
            var alert = new JsonObject { ["signature"] = signature, ["severity"] = severity, ["metadata"] = new JsonArray("x") };
            var line = new JsonObject { ["timestamp"] = "2026-11-24T03:41:33.5+0000" };
            if (!last)
                line["event_type"] = "alert";
            line["alert"] = alert;
            line["in_iface"] = device;
            if (last)
                line["event_type"] = "alert";
            var bytes = JsonSerializer.SerializeToUtf8Bytes<JsonNode>(line);
            Assert.Equal(EveVerdict.Alert, EveParser.Parse(bytes, out var read));
            // Half of a surrogate pair cannot be written.
            var written = JsonNode.Parse(bytes)!;
            Assert.Equal(EveParser.Cut(written["alert"]!["signature"]!.GetValue<string>(), EventLimits.Summary), read.Signature);
            Assert.Equal(EveParser.Cut(written["in_iface"]!.GetValue<string>(), 64), read.Interface);
            Assert.Equal(severity, read.Severity);
            Assert.Equal(DateTimeOffset.Parse("2026-11-24T03:41:33.5Z", CultureInfo.InvariantCulture), read.Time);
        }, few: 20_000);

    [Fact]
    public void Parser_DeepNesting_IsRefused()
    {
        var deep = Encoding.UTF8.GetBytes("{\"event_type\":\"alert\",\"x\":" + new string('[', 100_000));

        Assert.NotEqual(EveVerdict.Alert, EveParser.Parse(deep, out _));
    }

    [Fact]
    public void Mend_AnyLine_IsUtf8AndChangesNothingThatIs() => Target.Run(Corpus.Around(200, Encoding.UTF8.GetBytes(Alert)), line =>
    {
        var mended = EveParser.Mend(line);
        Assert.True(System.Text.Unicode.Utf8.IsValid(mended));
        if (System.Text.Unicode.Utf8.IsValid(line))
            Assert.Equal(line, mended);
    }, few: 20_000);

    [Fact]
    public void Time_AnyText_IsTheSameToNet() => Target.Run(
        Corpus.Around("2026-11-24T03:41:33.002305+0000", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-1359", "2024-02-29T23:59:60.1234567890+13:00"),
        text =>
        {
            if (!EveTime.TryParse(text, out var time))
                return;
            Assert.Equal(TimeSpan.Zero, time.Offset);
            // .NET takes seven digits of a fraction; what is beyond a tick is cut.
            var said = System.Text.RegularExpressions.Regex.Replace(Encoding.ASCII.GetString(text), @"(\.\d{7})\d+", "$1");
            Assert.True(DateTimeOffset.TryParse(said, CultureInfo.InvariantCulture, DateTimeStyles.None, out var expected), said);
            Assert.Equal(expected, time);
        }, few: 100_000);

    [Fact]
    public void Time_Written_IsReadBack() => Target.Run(
        Gen.Select(Gen.DateTime, Gen.Int[-13 * 60, 13 * 60]),
        sample =>
        {
            var (local, minutes) = sample;
            if (local.Year is < 3 or > 9997)
                return;
            var time = new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), TimeSpan.FromMinutes(minutes));
            foreach (var text in (string[])[time.ToString("yyyy-MM-ddTHH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture), time.ToString("yyyy-MM-ddTHH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture).Remove(30, 1)])
            {
                Assert.True(EveTime.TryParse(Encoding.ASCII.GetBytes(text), out var read), text);
                Assert.Equal(time, read);
            }
        }, few: 20_000);
}
