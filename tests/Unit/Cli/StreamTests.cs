using System.Text;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Events;
using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

/// <summary><c>logs</c> and <c>alerts</c>.</summary>
public sealed class StreamTests : IDisposable
{
    private readonly CliHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Logs_OneMachine_PrintsItsLinesEscaped()
    {
        _host.Daemon.Lines("GET /logs?machine=web&tail=2", Samples.Log("web", 1, "a\tb"), Samples.Log("web", 2, "\e[31mred\u202e\r"));

        var result = _host.Run("logs", "web", "--tail", "2");

        Assert.Equal("a\tb\n\\x1b[31mred\\u{202e}\\x0d\n", result.Output);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public void Logs_AllMachines_AreMergedByTime()
    {
        _host.Daemon.Answer("GET /machines", Samples.Json(Samples.Web, Samples.Edge));
        _host.Daemon.Lines("GET /logs?machine=web", Samples.Log("web", 1, "one"), Samples.Log("web", 4, "four"));
        _host.Daemon.Lines("GET /logs?machine=edge", Samples.Log("edge", 2, "two"), Samples.Log("edge", 3, "three"), Samples.Log("edge", 5, "five"));

        var result = _host.Run("logs");

        Assert.Equal("web  | one\nedge | two\nedge | three\nweb  | four\nedge | five\n", result.Output);
    }

    [Fact]
    public void Logs_AllMachinesFollowed_ArriveFromEach()
    {
        _host.Daemon.Answer("GET /machines", Samples.Json(Samples.Web, Samples.Edge));
        _host.Daemon.Lines("GET /logs?machine=web&follow=true", Samples.Log("web", 1, "one"));
        _host.Daemon.Lines("GET /logs?machine=edge&follow=true", Samples.Log("edge", 2, "two"));

        var result = _host.Run("logs", "-f");

        Assert.Equal(["edge | two", "web  | one"], result.Output.TrimEnd().Split('\n').Order());
    }

    [Fact]
    public void Logs_Json_PassesLinesOn()
    {
        var line = Samples.Log("web", 1, "\u009b31m");
        _host.Daemon.Lines("GET /logs?machine=web", line);

        Assert.Equal(line + "\n", _host.Run("logs", "web", "--json").Output);
    }

    [Fact]
    public void Logs_UnknownMachine_SuggestsTheNearest()
    {
        _host.Daemon.Answer("GET /machines", Samples.Json(Samples.Web, Samples.Edge));
        _host.Daemon.Answer("GET /logs", "{\"error\":\"there is no VM 'wbe'\"}", 404);

        var result = _host.Run("logs", "wbe");

        Assert.Equal("hyperspector: there is no VM 'wbe'; did you mean 'web'?\n", result.Error);
        Assert.Equal(1, result.Status.ShellCode);
    }

    [Fact]
    public void Logs_UnknownMachineLikeNone_ListsThem()
    {
        _host.Daemon.Answer("GET /machines", Samples.Json(Samples.Web, Samples.Edge));
        _host.Daemon.Answer("GET /logs", "{\"error\":\"there is no VM 'database'\"}", 404);

        Assert.Equal("hyperspector: there is no VM 'database'; there are: edge, web\n", _host.Run("logs", "database").Error);
    }

    [Fact]
    public void Logs_ReaderHasSeenEnough_EndsQuietly()
    {
        // Never ends by itself: only that nobody reads can end it.
        _host.Daemon.On("GET /logs", async (_, response) =>
        {
            while (true)
                await response.ChunkAsync(Samples.Log("web", 1, new string('x', 1000)) + "\n");
        });

        var result = _host.Shell("set -o pipefail; \"$hyperspector\" logs web -f | head -n 1 | wc -c; echo \"${PIPESTATUS[0]}\"");

        Assert.StartsWith("1001\n", result.Output, StringComparison.Ordinal);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public void Alerts_AnEvent_IsALineForPeople()
    {
        _host.Set("TZ", "UTC");
        _host.Daemon.Lines("GET /events?follow=true&tail=5", Event(
            "ET SCAN \e[2Jnmap [red]", """{"src_ip":"192.0.2.9","src_port":4711,"dest_ip":"fd48::5","dest_port":80,"proto":"TCP"}"""));

        var result = _host.Run("alerts", "-f", "--tail", "5");

        Assert.Equal(
            "2026-05-01 12:00:00  high    web       suricata  ET SCAN \\x1b[2Jnmap [red]  TCP 192.0.2.9:4711 -> [fd48::5]:80\n",
            result.Output);
        Assert.Equal("", result.Error);
    }

    [Theory]
    [InlineData("""{"src_ip":"192.0.2.9"}""")]
    [InlineData("""{"src_ip":7,"dest_ip":["x"]}""")]
    [InlineData("\"a line\"")]
    public void Alerts_RawWithoutAddresses_HasNoFlow(string raw)
    {
        _host.Daemon.Lines("GET /events", Event("something", raw));

        Assert.EndsWith("suricata  something\n", _host.Run("alerts").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Alerts_RawWithHalfASurrogatePair_HasNoFlow()
    {
        // Valid JSON that System.Text.Json reads, but cannot write.
        var line = Event("something", "{\"src_ip\":\"HALF\",\"dest_ip\":\"192.0.2.1\"}").Replace("HALF", @"\ud800", StringComparison.Ordinal);
        _host.Daemon.Lines("GET /events", line);

        Assert.EndsWith("suricata  something\n", _host.Run("alerts").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Alerts_Json_PassesStoredLinesOnUnchanged()
    {
        // As somebody else may have written it: spaces, escapes and order are theirs.
        const string Line = """{ "id":"1",  "summary": "\u0041 ü \u009b", "later":1.0e1 }""";
        _host.Daemon.Lines("GET /events", Line);

        Assert.Equal(Line + "\n", _host.Run("alerts", "--json").Output);
    }

    [Theory]
    [InlineData("{\"id\":\"1\"")]
    [InlineData("{} {}")]
    [InlineData("{\"a\":\"\t\"}")]
    [InlineData("nonsense \e[31m")]
    public void Alerts_JsonOfALineThatIsNone_LeavesItOut(string line)
    {
        _host.Daemon.Lines("GET /events", line, "{\"id\":\"2\"}");

        var result = _host.Run("alerts", "--json");

        Assert.Equal("{\"id\":\"2\"}\n", result.Output);
        Assert.Equal("hyperspector: a stored event is not valid JSON and left out\n", result.Error);
    }

    [Fact]
    public void Alerts_JsonThatIsNotUtf8_IsLeftOut()
    {
        _host.Daemon.On("GET /events", async (_, response) =>
        {
            await response.ChunkAsync([.. "{\"id\":\""u8, 0xff, .. "\"}\n"u8]);
            await response.EndAsync();
        });

        Assert.Equal("", _host.Run("alerts", "--json").Output);
    }

    [Fact]
    public void Alerts_JsonOnATerminal_IsTheSameValueWithoutControls()
    {
        _host.Daemon.Lines("GET /events", "{\"id\":\"\u009b2J\u202e \x7f\u2066\U000E0041\"}");

        var result = _host.OnTerminal("alerts --json");

        var line = result.Output.TrimEnd();
        Assert.Equal("""{"id":"\u009b2J\u202e \u007f\u2066\udb40\udc41"}""", line);
        Assert.Equal("\u009b2J\u202e \x7f\u2066\U000E0041", JsonDocument.Parse(line).RootElement.GetProperty("id").GetString());
    }

    [Fact]
    public void Alerts_NotUnderstood_AreCountedOutOnStandardError()
    {
        _host.Daemon.Lines("GET /events", "{\"id\":\"1\"}", Event("next", "null"));

        var result = _host.Run("alerts");

        Assert.Equal("an event is not understood and left out; '--json' shows it\n", result.Error);
        Assert.EndsWith("next\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Alerts_DaemonDies_IsAFailure()
    {
        _host.Daemon.On("GET /events", async (_, response) =>
        {
            await response.ChunkAsync(Event("one", "null") + "\n");
            response.Tear();
        });

        var result = _host.Run("alerts", "-f");

        Assert.EndsWith("one\n", result.Output, StringComparison.Ordinal);
        Assert.StartsWith("hyperspector: hyperspectord ", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Status.ShellCode);
    }

    [Fact]
    public void Lines_CutAnywhere_ArePutTogether()
    {
        _host.Daemon.On("GET /logs", async (_, response) =>
        {
            foreach (var one in Encoding.UTF8.GetBytes(Samples.Log("web", 1, "häppchen") + "\n\n" + Samples.Log("web", 2, "ohne Ende")))
                await response.ChunkAsync([one]);
            await response.EndAsync();
        });

        Assert.Equal("häppchen\nohne Ende\n", _host.Run("logs", "web").Output);
    }

    private static string Event(string summary, string raw) => JsonSerializer.Serialize(
        new EventRecord
        {
            Id = "1",
            Time = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero),
            Host = "default",
            Environment = "edge",
            Sensor = "suricata",
            Server = "web",
            Kind = "alert",
            Severity = "high",
            Summary = summary,
            Raw = JsonDocument.Parse(raw).RootElement,
        },
        ApiJson.Default.EventRecord);
}
