using System.Text;
using CsCheck;
using HyperSpector.Engine.Events;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Events;

/// <summary>Lines of stored files: found wherever they begin, and each once.</summary>
public class LineTargets
{
    // As long as the scanner's buffer: what it has found in it, it may hand out.
    private const int Slack = 64 * 1024;

    private static readonly Gen<int> s_length = Gen.Frequency((6, Gen.Int[0, 30]), (2, Gen.Int[80, 120]), (1, Gen.Int[60_000, 70_000]), (1, Gen.Int[130_000, 140_000]));

    [Fact]
    public void Scanner_AnyLines_GivesThoseWithinTheLimit() => Target.Run(
        Gen.Select(s_length.List[0, 12], Gen.OneOfConst(100, 1000, 66_000), Gen.Int[0, 20], Gen.Bool),
        sample => Scratch.Within(scratch =>
        {
            var (lengths, limit, resumeAfter, torn) = sample;
            var lines = lengths.Select((length, i) => new string((char)('a' + i), length)).ToList();
            _ = scratch.Write("f", string.Concat(lines.Select(l => l + "\n")) + (torn ? "torn" : ""));
            using var file = Files.OpenRead(scratch.At("f"));
            var found = new List<string>();
            var scanner = new LineScanner(file, limit);
            while (scanner.TryRead(out var line))
            {
                found.Add(Encoding.ASCII.GetString(line));
                // Another that goes on where this one stood misses nothing.
                if (found.Count == resumeAfter)
                    scanner = new LineScanner(file, limit, scanner.Position);
            }

            Assert.Equal(lines.Where(l => l.Length <= limit), found.Where(l => l.Length <= limit));
            Assert.All(found, l => Assert.True(lines.Contains(l) && l.Length <= limit + Slack));
            Assert.Equal(lines.Sum(l => l.Length + 1), torn ? scanner.Position : new FileInfo(scratch.At("f")).Length);
        }), few: 300);

    [Fact]
    public void Stream_AnySegments_AreMergedByTimeAndCutAtTheTail() => Target.Run(
        Gen.Select(Gen.Int[0, 3].List[0, 12], Gen.Int[1, 3], Gen.Select(Gen.Bool, Gen.Int[0, 12])),
        sample => Scratch.Within(scratch =>
        {
            var (places, stores, (all, tail)) = sample;
            var expected = new List<string>();
            for (var i = 0; i < stores; i++)
                _ = Directory.CreateDirectory(scratch.At($"{i}"));
            for (var i = 0; i < places.Count; i++)
            {
                // Times rise; segments of a store come one after another.
                var line = $"{{\"time\":\"2026-11-24T02:10:{i:00}.0000000+00:00\",\"n\":{i}}}\n";
                var path = scratch.At($"{places[i] % stores}/{SegmentNames.Of(1 + (i / 4))}");
                if (!File.Exists(path))
                    File.WriteAllText(path, "{\"checkpoint\":{}}\n");
                File.AppendAllText(path, line);
                expected.Add(line);
            }

            File.WriteAllText(scratch.At("0/not-a-segment.jsonl"), "x\n");
            using var output = new MemoryStream();
            LineStream.CopyAsync([.. Enumerable.Range(0, stores + 1).Select(i => scratch.At($"{i}"))], all ? null : tail, false, output, CancellationToken.None).GetAwaiter().GetResult();
            Assert.Equal(string.Concat(all ? expected : expected.TakeLast(tail)), Encoding.UTF8.GetString(output.ToArray()));
        }), few: 300);

    [Fact]
    public void Stream_AnyBytes_AreCopiedOrLeftOutWhole() => Target.Run(Corpus.Around(300, "{\"time\":\"2026-11-24T02:10:48.1234567+00:00\"}\n{\"checkpoint\":{}}\nx\n"u8.ToArray()), bytes => Scratch.Within(scratch =>
    {
        _ = scratch.Write(SegmentNames.Of(1), bytes);
        using var output = new MemoryStream();
        LineStream.CopyAsync([scratch.Path], null, false, output, CancellationToken.None).GetAwaiter().GetResult();
        var complete = bytes.AsSpan(0, bytes.AsSpan().LastIndexOf((byte)'\n') + 1).ToArray();
        var expected = new List<byte>();
        for (var (begin, end) = (0, 0); begin < complete.Length; begin = end)
        {
            end = begin + complete.AsSpan(begin).IndexOf((byte)'\n') + 1;
            if (!complete.AsSpan(begin).StartsWith("{\"checkpoint\":"u8))
                expected.AddRange(complete[begin..end]);
        }

        Assert.Equal(expected, output.ToArray());
    }), few: 500);

    [Fact]
    public void SegmentName_AnyText_IsOneThatWeGive() => Target.Run(
        Corpus.Around("00000001.jsonl", "99999999.jsonl", "0000001.jsonl").Select(Encoding.UTF8.GetString), name =>
        {
            // No file's name holds NUL, which .NET passes over at the end of a number.
            if (!name.Contains('\0', StringComparison.Ordinal) && SegmentNames.TryParse(name, out var number))
                Assert.Equal(name, SegmentNames.Of(number));
        }, few: 30_000);
}
