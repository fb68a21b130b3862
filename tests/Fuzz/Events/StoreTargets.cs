using System.Text;
using System.Text.Json;
using CsCheck;
using HyperSpector.Api;
using HyperSpector.Api.Events;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Events;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Events;

/// <summary>From what an IDS VM wrote to what stands in the spool and the log: whatever comes in, what comes out is sound.</summary>
public class StoreTargets
{
    private static readonly byte[] s_lines = Encoding.UTF8.GetBytes(
        """
        {"timestamp":"2026-11-24T03:41:33.002305+0000","in_iface":"mon0","event_type":"alert","alert":{"signature":"é \ud83d\ude00 \u0000","severity":1}}
        {"event_type":"flow"}
        {"event_type":"alert","alert":{"signature":"b"},"x":[[1.5e300,null,"\\\""],{"a":{}}]}

        """);

    private static readonly byte[] s_spool = Encoding.UTF8.GetBytes(
        """
        {"checkpoint":{"format":1,"events":5,"outputs":[{"output":0,"file":"a.b","offset":7}]}}
        {"time":"2026-11-24T03:41:33+00:00","id":"x","host":"h","sensor":"s","kind":"alert","severity":"low","summary":"","source":{"output":0,"file":"a.b","offset":9}}

        """);

    private static readonly string s_checkpoint = Encoding.UTF8.GetString(s_spool).Split('\n')[0];

    [Theory]
    [InlineData("eve")]
    [InlineData("lines")]
    public void Output_AnyBytes_MakeOnlySoundEvents(string format) => Target.Run(Corpus.Around(2000, s_lines), bytes => Scratch.Within(scratch =>
    {
        _ = scratch.Write("out", bytes);
        using (var directory = scratch.Open())
        using (var spool = Spool.Open(directory, TimeProvider.System))
        using (var followers = new OutputFollowers(Plan(scratch.Path, format), [directory], spool, TimeProvider.System))
            Assert.NotEqual(TailState.Blocked, followers.ReadAll());
        using var again = scratch.Open();
        using var reopened = Spool.Open(again, TimeProvider.System);
        var lines = Lines(scratch).Skip(1).ToList();
        Assert.Equal(lines.Count, reopened.Events);
        foreach (var line in lines)
        {
            Assert.InRange(line.Length, 1, EventLimits.StoredLine);
            var record = JsonSerializer.Deserialize(line, ApiJson.Default.EventRecord)!;
            Assert.InRange(record.Summary.Length, 0, EventLimits.Summary);
            Assert.InRange(record.Source?.Offset ?? 0, 0, bytes.Length);
            Assert.True(record.Kind is "alert" or "line" or "reader");
        }
    }), few: 400);

    [Fact]
    public void Spool_AnyBytesInItsFile_OpensAndTheReaderGoesOn() => Target.Run(Corpus.Around(400, s_spool), bytes => Scratch.Within(scratch =>
    {
        _ = scratch.Write("00000001.jsonl", bytes);
        _ = scratch.Write("out", "after\n");
        using var directory = scratch.Open();
        if (Properties.OrRefused<IOException, Spool>(() => Spool.Open(directory, TimeProvider.System)) is not { } opened)
            return; // of a newer format
        using var spool = opened;
        using var followers = new OutputFollowers(Plan(scratch.Path, "lines"), [directory], spool, TimeProvider.System);
        Assert.Equal(TailState.Idle, followers.ReadAll());
        Assert.Contains("\"after\"", Lines(scratch)[^1], StringComparison.Ordinal);
    }), few: 400);

    [Fact]
    public void Checkpoint_AnyPositions_AreReadBack() => Target.Run(
        Gen.Select(Gen.Int[-2, EventLimits.Outputs + 2], Gen.String, Gen.Long, (output, file, offset) => (output, file, offset)).List[0, 40],
        positions =>
        {
            var written = new SpoolCheckpoint { Events = positions.Count };
            foreach (var (output, file, offset) in positions)
                written.Move(new SourcePosition(output, file, offset));
            Assert.All(written.Positions, p => Assert.True(p.Key is >= 0 and < EventLimits.Outputs && p.Value.Offset >= 0));
            var line = written.ToLine();
            Assert.Equal(line.Length - 1, Array.IndexOf(line, (byte)'\n'));
            Assert.True(line.AsSpan().StartsWith(SpoolCheckpoint.Prefix));
            var read = new SpoolCheckpoint();
            Assert.True(read.TryApply(line));
            Assert.Equal(line, read.ToLine());
        }, few: 5_000);

    [Fact]
    public void Checkpoint_AnyLine_IsAppliedWholeOrNotAtAll() => Target.Run(
        Gen.Frequency((1, Corpus.Around(s_checkpoint)), (2, JsonTrees.Around(s_checkpoint))),
        line =>
        {
            var checkpoint = new SpoolCheckpoint { Events = 3 };
            checkpoint.Move(new SourcePosition(1, "f", 4));
            var before = checkpoint.ToLine();
            var isCheckpoint = line.AsSpan().StartsWith(SpoolCheckpoint.Prefix);
            if (Properties.OrRefused<IOException, object>(() => checkpoint.TryApply(line)) is not true && isCheckpoint)
                Assert.Equal(before, checkpoint.ToLine());
        }, few: 30_000);

    [Fact]
    public void EventLine_AnyRecord_IsReadBack() => Target.Run(
        Gen.Select(Gen.String, Gen.String, Gen.String.Null(), Gen.DateTime, Gen.String, Gen.Int[0, 2]),
        sample =>
        {
            var (summary, sensor, server, time, raw, kind) = sample;
            var record = new EventRecord
            {
                Id = "i",
                Time = new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
                Host = "h",
                Sensor = sensor,
                Server = server,
                Kind = "alert",
                Severity = "low",
                Summary = summary,
                Source = kind == 0 ? null : new SourcePosition(1, "f", 2),
            };
            using var writer = new EventLineWriter();
            var line = (kind == 2 ? writer.WriteText(record, raw) : writer.Write(record)).ToArray();
            Assert.Equal(line.Length - 1, Array.IndexOf(line, (byte)'\n'));
            Assert.DoesNotContain(line, b => b >= 0x80);
            // Streams are merged by comparing these bytes.
            Assert.Equal("{\"time\":\"", Encoding.ASCII.GetString(line, 0, 9));
            var read = JsonSerializer.Deserialize(line, ApiJson.Default.EventRecord)!;
            Assert.Equal((Utf16(summary), Utf16(sensor), server is null ? null : Utf16(server)), (read.Summary, read.Sensor, read.Server));
            Assert.Equal(record.Time, read.Time);
            Assert.Equal(record.Source, read.Source);
            if (kind == 2)
                Assert.Equal(Utf16(raw), read.Raw!.Value.GetString());
        }, few: 10_000);

    [Fact]
    public void Log_AnyBytes_MakeTheSameLines() => Target.Run(
        Gen.OneOf(Corpus.Noise(3000), Gen.Byte[97, 99].Array[0, 50], Gen.OneOfConst<byte[]>([.. "\n"u8], [.. "\r\n"u8], new byte[EventLimits.LogLine + 1])).List[1, 6],
        chunks => Scratch.Within(scratch =>
        {
            using (var directory = scratch.Open())
            using (var log = LogStore.Open(directory, "web", TimeProvider.System))
            {
                foreach (var chunk in chunks)
                    log.Append(chunk);
                log.Finish();
            }

            var lines = Lines(scratch).Select(l => JsonSerializer.Deserialize(l, ApiJson.Default.LogLine)!).ToList();
            Assert.All(lines, l => Assert.Equal("web", l.Machine));
            Assert.Equal(LogLines([.. chunks.SelectMany(c => c)]), lines.Select(l => l.Text));
        }), few: 250);

    [Fact]
    public void Notes_AnyNumber_AreFewAndCountAll() => Target.Run(Gen.Select(Gen.Int[0, 400], Gen.Int[1, 5], Gen.Int[0, 11]).List[0, 60], notes => Scratch.Within(scratch =>
    {
        using var directory = scratch.Open();
        using var spool = Spool.Open(directory, TimeProvider.System);
        var clock = new StoppedClock();
        var reader = new ReaderNotes(spool, new EventOrigin("h", "m", null), clock);
        foreach (var (what, count, seconds) in notes)
        {
            reader.Add($"note {what}", count);
            clock.Advance(TimeSpan.FromSeconds(seconds));
            reader.Flush();
            Assert.True(reader.FlushIn is null || reader.FlushIn >= TimeSpan.Zero);
        }

        clock.Advance(TimeSpan.FromSeconds(11));
        reader.Flush();
        Assert.Null(reader.FlushIn);
        var said = Lines(scratch).Skip(1).Select(l => JsonSerializer.Deserialize(l, ApiJson.Default.EventRecord)!.Summary).ToList();
        Assert.InRange(said.Count, 0, notes.Count);
        Assert.Equal(notes.Sum(n => n.Item2), said.Sum(s => s.Contains('(', StringComparison.Ordinal) ? int.Parse(s.Split('(')[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) : 1));
    }), few: 200);

    private static ReaderPlan Plan(string path, string format) => new()
    {
        Host = "h",
        Machine = "edge",
        Servers = new Dictionary<string, string> { ["mon0"] = "web" },
        Outputs = [new ReaderOutput(0, path, "out", format, "suricata")],
        Uid = 1,
        Gid = 1,
    };

    private static List<string> Lines(Scratch scratch) =>
        [.. Directory.GetFiles(scratch.Path, "*.jsonl").Order(StringComparer.Ordinal).SelectMany(f => File.ReadAllText(f).Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    // What a VM wrote, cut at line ends, and where a line is longer than it may be.
    private static List<string> LogLines(byte[] bytes)
    {
        var lines = new List<string>();
        while (bytes.Length > 0)
        {
            var end = Array.IndexOf(bytes, (byte)'\n');
            var length = end < 0 ? bytes.Length : end;
            if (length <= EventLimits.LogLine && !(length == EventLimits.LogLine && end < 0))
            {
                lines.Add(Encoding.UTF8.GetString(bytes.AsSpan(0, length).TrimEnd((byte)'\r')));
                bytes = end < 0 ? [] : bytes[(length + 1)..];
            }
            else
            {
                lines.Add(Encoding.UTF8.GetString(bytes.AsSpan(0, EventLimits.LogLine).TrimEnd((byte)'\r')));
                bytes = bytes[EventLimits.LogLine..];
            }
        }

        return lines;
    }

    // What is left of a text once it was UTF-8.
    private static string Utf16(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private sealed class StoppedClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        internal void Advance(TimeSpan time) => _ticks += time.Ticks;

        public override long GetTimestamp() => _ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(_ticks);
    }
}
