using System.Text;
using System.Text.Json;
using CsCheck;
using HyperSpector.Api;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Events;
using HyperSpector.Linux.Calls;
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

    [Theory]
    [InlineData("eve")]
    [InlineData("lines")]
    public void Output_AnyBytes_MakeOnlySoundEvents(string format) => Corpus.Around(2000, s_lines).Sample(
        bytes => InScratch(path =>
        {
            File.WriteAllBytes(Path.Join(path, "out"), bytes);
            using (var directory = Files.OpenDirectory(path))
            using (var spool = Spool.Open(directory, TimeProvider.System))
            using (var followers = new OutputFollowers(Plan(path, format), [directory], spool, TimeProvider.System))
                Assert.NotEqual(TailState.Blocked, followers.ReadAll());
            using var again = Files.OpenDirectory(path);
            using var reopened = Spool.Open(again, TimeProvider.System);
            var lines = Lines(path).Skip(1).ToList();
            Assert.Equal(lines.Count, reopened.Events);
            foreach (var line in lines)
            {
                Assert.InRange(line.Length, 1, EventLimits.StoredLine);
                var record = JsonSerializer.Deserialize(line, ApiJson.Default.EventRecord)!;
                Assert.InRange(record.Summary.Length, 0, EventLimits.Summary);
                Assert.InRange(record.Source?.Offset ?? 0, 0, bytes.Length);
                Assert.True(record.Kind is "alert" or "line" or "reader");
            }
        }),
        iter: Corpus.Iterations(1500));

    [Fact]
    public void Spool_AnyBytesInItsFile_OpensAndGoesOn() => Corpus.Around(400, Encoding.UTF8.GetBytes(
        """
        {"checkpoint":{"events":5,"outputs":[{"output":0,"file":"a.b","offset":7}]}}
        {"time":"2026-11-24T03:41:33+00:00","id":"x","host":"h","sensor":"s","kind":"alert","severity":"low","summary":"","source":{"output":0,"file":"a.b","offset":9}}

        """)).Sample(
        bytes => InScratch(path =>
        {
            File.WriteAllBytes(Path.Join(path, "00000001.jsonl"), bytes);
            using var directory = Files.OpenDirectory(path);
            using var spool = Spool.Open(directory, TimeProvider.System);
            Assert.True(spool.TryAppend(new EventOrigin("h", "m", null).FromUs(DateTimeOffset.UnixEpoch, "reader", "low", "after")));
            Assert.Contains("\"after\"", Lines(path)[^1], StringComparison.Ordinal);
        }),
        iter: Corpus.Iterations(1500));

    [Fact]
    public void Log_AnyBytes_MakeOnlySoundLines() => Corpus.Noise(3000).List[1, 5].Sample(
        chunks => InScratch(path =>
        {
            using (var directory = Files.OpenDirectory(path))
            using (var log = LogStore.Open(directory, "web", TimeProvider.System))
            {
                foreach (var chunk in chunks)
                    log.Append(chunk);
                log.Finish();
            }

            var expected = Encoding.UTF8.GetString([.. chunks.SelectMany(c => c)]).Count(c => c == '\n');
            var lines = Lines(path);
            Assert.InRange(lines.Count, expected, expected + 1);
            foreach (var line in lines)
                Assert.Equal("web", JsonSerializer.Deserialize(line, ApiJson.Default.LogLine)!.Machine);
        }),
        iter: Corpus.Iterations(1500));

    [Fact]
    public void EveTime_AnyText_NeverThrows() => Corpus.Around(
        40, "2026-11-24T03:41:33.002305+0000"u8.ToArray(), "0001-01-01T00:00:00Z"u8.ToArray(), "9999-12-31T23:59:59-1359"u8.ToArray()).Sample(
        text =>
        {
            _ = EveTime.TryParse(text, out _);
        },
        iter: Corpus.Iterations(100_000));

    private static ReaderPlan Plan(string path, string format) => new()
    {
        Host = "h",
        Machine = "edge",
        Servers = new Dictionary<string, string> { ["mon0"] = "web" },
        Outputs = [new ReaderOutput(0, path, "out", format, "suricata")],
        Uid = 1,
        Gid = 1,
    };

    private static List<string> Lines(string path) =>
        [.. Directory.GetFiles(path, "*.jsonl").SelectMany(f => File.ReadAllText(f).Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    private static void InScratch(Action<string> work)
    {
        var path = Directory.CreateTempSubdirectory("hyperspector-fuzz-").FullName;
        try
        {
            work(path);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
