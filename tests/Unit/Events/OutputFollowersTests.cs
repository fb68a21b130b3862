using System.Text;
using HyperSpector.Api.Events;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Events;
using Xunit;

namespace HyperSpector.Tests.Unit.Events;

public sealed class OutputFollowersTests : IDisposable
{
    private readonly Scratch _output = new();
    private readonly Scratch _spool = new();

    public void Dispose()
    {
        _output.Dispose();
        _spool.Dispose();
    }

    [Fact]
    public void Eve_Alert_KeepsTheRecordUntouched()
    {
        const string Record = """{ "timestamp":"2026-11-24T02:10:48.123456+0000" , "event_type":"alert","in_iface":"mon-web","x":1e400,"alert":{"signature":"é","severity":1}}""";
        _output.Append("out", Record + "\n");
        var read = Assert.Single(Read("eve", Servers("web", "db")));
        Assert.Equal(Record, read.Raw!.Value.GetRawText());
        Assert.Equal(("web", "suricata", "edge", "h", "high", "é"), (read.Server, read.Sensor, read.Environment, read.Host, read.Severity, read.Summary));
        Assert.Equal(Encoding.UTF8.GetByteCount(Record) + 1, read.Source!.Offset);
    }

    [Theory]
    [InlineData("mon-web", "web")]
    [InlineData("mon-else", null)]
    public void Eve_SeveralServers_AreToldByInterface(string captured, string? server)
    {
        _output.Append("out", $$"""{"event_type":"alert","in_iface":"{{captured}}"}""" + "\n");
        Assert.Equal(server, Assert.Single(Read("eve", Servers("web", "db"))).Server);
    }

    [Fact]
    public void Eve_OneServer_NeedsNoInterface()
    {
        _output.Append("out", """{"event_type":"alert"}""" + "\n");
        Assert.Equal("web", Assert.Single(Read("eve", Servers("web"))).Server);
    }

    [Fact]
    public void Eve_InvalidUtf8_IsStillAnAlert()
    {
        File.WriteAllBytes(_output.At("out"), [.. "{\"event_type\":\"alert\",\"x\":\""u8, 0xff, .. "\"}\n"u8]);
        var read = Assert.Single(Read("eve", Servers("web")));
        Assert.Equal("alert", read.Kind);
        Assert.Equal("\ufffd", read.Raw!.Value.GetProperty("x").GetString());
    }

    [Fact]
    public void Eve_ManyBadLines_AreOneNoteAndThenACount()
    {
        _output.Append("out", string.Concat(Enumerable.Repeat("nonsense\n", 1000)));
        var clock = new Clock();
        var events = Read("eve", Servers("web"), clock, followers =>
        {
            _ = followers.ReadAll();
            Assert.Equal(TimeSpan.FromSeconds(10), followers.NotesIn);
            clock.Now += TimeSpan.FromSeconds(11);
            _ = followers.ReadAll();
            Assert.Null(followers.NotesIn);
        });
        Assert.Equal(
            ["suricata: output out: a line is no EVE record", "suricata: output out: a line is no EVE record (999 times)"],
            events.Select(e => e.Summary));
        Assert.All(events, e => Assert.Equal("reader", e.Kind));
    }

    [Fact]
    public void Lines_EachLine_IsAnEventWithItsTextAsRaw()
    {
        File.WriteAllBytes(_output.At("out"), [.. "plain \u001b[31m\r\n"u8, 0xfe, (byte)'\n']);
        var events = Read("lines", Servers("web"));
        Assert.Equal(["plain \u001b[31m", "\ufffd"], events.Select(e => e.Raw!.Value.GetString()));
        Assert.All(events, e => Assert.Equal(("line", "info", "web"), (e.Kind, e.Severity, e.Server)));
    }

    [Fact]
    public void Resume_NewReader_ReadsNothingTwice()
    {
        for (var i = 0; i < 5; i++)
        {
            _output.Append("out", """{"event_type":"alert"}""" + "\n");
            Assert.Equal(i + 1, Read("eve", Servers("web")).Count);
        }

        Assert.Equal(5, _spool.Events().Select(e => e.Id).Distinct().Count());
    }

    private static Dictionary<string, string> Servers(params string[] names) => names.ToDictionary(n => $"mon-{n}");

    private List<EventRecord> Read(
        string format, Dictionary<string, string> servers, TimeProvider? clock = null, Action<OutputFollowers>? work = null)
    {
        var plan = new ReaderPlan
        {
            Host = "h",
            Machine = "edge",
            Environment = "edge",
            Servers = servers,
            Outputs = [new ReaderOutput(0, _output.Path, "out", format, "suricata")],
            Uid = 1,
            Gid = 1,
        };
        using var directory = _output.Open();
        using var spoolDirectory = _spool.Open();
        using var spool = Spool.Open(spoolDirectory, clock ?? TimeProvider.System);
        using var followers = new OutputFollowers(plan, [directory], spool, clock ?? TimeProvider.System);
        if (work is null)
            _ = followers.ReadAll();
        else
            work(followers);
        return _spool.Events();
    }

    private sealed class Clock : TimeProvider
    {
        internal DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(50);

        public override DateTimeOffset GetUtcNow() => Now;

        public override long GetTimestamp() => Now.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    }
}
