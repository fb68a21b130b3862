using System.Text;
using HyperSpector.Engine.Events;
using Xunit;

namespace HyperSpector.Tests.Unit.Events;

public sealed class EveParserTests
{
    private const string Alert =
        """{"timestamp":"2026-11-24T02:10:48.123456+0100","flow_id":1,"in_iface":"mon0","event_type":"alert","src_ip":"10.0.0.1","alert":{"action":"allowed","gid":1,"signature_id":9,"rev":1,"signature":"a rule","category":"","severity":2},"payload":"x"}""";

    [Fact]
    public void Parse_Alert_TakesTimeSignatureSeverityInterface()
    {
        Assert.Equal(EveVerdict.Alert, Parse(Alert, out var alert));
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 1, 10, 48, TimeSpan.Zero).AddTicks(1234560), alert.Time);
        Assert.Equal("a rule", alert.Signature);
        Assert.Equal("medium", alert.SeverityName);
        Assert.Equal("mon0", alert.Interface);
    }

    [Fact]
    public void Parse_AlertWithAnEscapedTime_TakesIt()
    {
        Assert.Equal(EveVerdict.Alert, Parse(Alert.Replace("+", "\\u002b", StringComparison.Ordinal), out var alert));
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 1, 10, 48, TimeSpan.Zero).AddTicks(1234560), alert.Time);
    }

    [Theory]
    [InlineData("""{"event_type":"flow","x":[[[""")] // the rest of other records is not looked at
    [InlineData("""{"event_type":"stats"}""")]
    [InlineData("""{"event_type":["alert"]}""")]
    [InlineData("""{"event_type":null}""")]
    public void Parse_OtherRecord_IsPassedOver(string line) => Assert.Equal(EveVerdict.Other, Parse(line, out _));

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("\"alert\"")]
    [InlineData("{}")]
    [InlineData("""{"alert":{"signature":"x"}}""")]
    [InlineData("""{"event_type":"alert" """)]
    [InlineData("""{"event_type":"alert"} {}""")]
    [InlineData("""{"event_type":"alert","alert":{"signature":"\ud800"}}""")]
    [InlineData("""{"event_type":"alert",}""")]
    public void Parse_NoRecord_IsMalformed(string line) => Assert.Equal(EveVerdict.Malformed, Parse(line, out _));

    [Fact]
    public void Parse_DeepNesting_IsMalformedAndBounded()
    {
        var deep = "{\"event_type\":\"alert\",\"a\":" + new string('[', 100_000) + new string(']', 100_000) + "}";
        Assert.Equal(EveVerdict.Malformed, Parse(deep, out _));
    }

    [Fact]
    public void Parse_InvalidUtf8_IsMalformedUntilMended()
    {
        var line = Encoding.UTF8.GetBytes(Alert);
        line[^3] = 0xff;
        Assert.Equal(EveVerdict.Malformed, EveParser.Parse(line, out _));
        Assert.Equal(EveVerdict.Alert, EveParser.Parse(EveParser.Mend(line), out var alert));
        Assert.Equal("a rule", alert.Signature);
    }

    [Fact]
    public void Parse_LongSignature_IsCutBetweenCharacters()
    {
        var text = new string('a', EventLimits.Summary - 1) + "😀😀";
        Assert.Equal(EveVerdict.Alert, Parse($$$"""{"event_type":"alert","alert":{"signature":"{{{text}}}"}}""", out var alert));
        Assert.Equal(new string('a', EventLimits.Summary - 1), alert.Signature);
    }

    [Theory]
    [InlineData(1, "high")]
    [InlineData(2, "medium")]
    [InlineData(3, "low")]
    [InlineData(4, "info")]
    [InlineData(0, "info")]
    [InlineData(long.MinValue, "info")]
    public void Severity_OfSuricata_BecomesOurs(long severity, string expected)
    {
        Assert.Equal(EveVerdict.Alert, Parse($$$"""{"event_type":"alert","alert":{"severity":{{{severity}}}}}""", out var alert));
        Assert.Equal(expected, alert.SeverityName);
    }

    [Theory]
    [InlineData("2026-11-24T02:10:48.123456+0000", "2026-11-24T02:10:48.1234560+00:00")]
    [InlineData("2026-11-24T02:10:48Z", "2026-11-24T02:10:48.0000000+00:00")]
    [InlineData("2026-11-24T02:10:48.1-02:30", "2026-11-24T04:40:48.1000000+00:00")]
    [InlineData("2024-02-29T23:59:59.9999999999+0000", "2024-02-29T23:59:59.9999999+00:00")]
    public void Time_OfSuricata_IsRead(string text, string expected)
    {
        Assert.True(EveTime.TryParse(Encoding.ASCII.GetBytes(text), out var time));
        Assert.Equal(expected, time.ToString("O", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("2026-02-30T02:10:48.123456+0000")]
    [InlineData("2026-11-24T24:10:48.123456+0000")]
    [InlineData("2026-11-24T02:10:48.+0000")]
    [InlineData("2026-11-24T02:10:48.123456")]
    [InlineData("0001-01-01T00:00:00.123456+1300")]
    [InlineData("2026-11-24 02:10:48.123456+0000")]
    [InlineData("٢026-11-24T02:10:48Z")]
    [InlineData("yesterday, about lunch time")]
    public void Time_ThatIsNone_IsRefused(string text) => Assert.False(EveTime.TryParse(Encoding.UTF8.GetBytes(text), out _));

    private static EveVerdict Parse(string line, out EveAlert alert) => EveParser.Parse(Encoding.UTF8.GetBytes(line), out alert);
}
