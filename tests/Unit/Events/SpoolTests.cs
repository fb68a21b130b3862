using System.Text.Json;
using HyperSpector.Api.Events;
using HyperSpector.Engine.Events;
using HyperSpector.Linux;
using Xunit;

namespace HyperSpector.Tests.Unit.Events;

public sealed class SpoolTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Append_Event_ReadsBackEqual()
    {
        var record = Scratch.Event(1, new SourcePosition(2, "ab.cd", 77)) with
        {
            Server = "web",
            Summary = "quotes \" and \n and \u001b[31m and é",
            Raw = JsonSerializer.Deserialize<JsonElement>("""{"a":[1,2,{"b":null}],"é":"é"}"""),
        };
        Write(spool => Assert.True(spool.TryAppend(record)));
        var read = Assert.Single(_scratch.Events());
        Assert.Equal(record with { Raw = null }, read with { Raw = null });
        Assert.Equal(record.Raw.Value.GetRawText(), read.Raw!.Value.GetRawText());
    }

    [Fact]
    public void Reopen_AfterEvents_ResumesAtTheirPositions()
    {
        Write(spool =>
        {
            Assert.True(spool.TryAppend(Scratch.Event(1, new SourcePosition(0, "a", 10))));
            Assert.True(spool.TryAppend(Scratch.Event(2, new SourcePosition(1, "b", 20))));
            Assert.True(spool.TryAppend(Scratch.Event(3, new SourcePosition(0, "a", 30))));
        });
        Write(spool =>
        {
            Assert.Equal(new SourcePosition(0, "a", 30), spool.Positions[0]);
            Assert.Equal(new SourcePosition(1, "b", 20), spool.Positions[1]);
            Assert.Equal(3, spool.Events);
        });
    }

    [Theory]
    [InlineData("""{"checkpoint":{"format":1,"events":9,"outputs":[{"output":0,"file":"a"}]}}""")]
    [InlineData("""{"checkpoint":{"format":1,"events":"x","outputs":[]}}""")]
    [InlineData("""{"checkpoint":5}""")]
    public void Reopen_AfterADamagedCheckpoint_KeepsWhatWasKnown(string line)
    {
        Write(spool => Assert.True(spool.TryAppend(Scratch.Event(1, new SourcePosition(0, "a", 10)))));
        _scratch.Append("00000001.jsonl", line + "\n");
        Write(spool =>
        {
            Assert.Equal(new SourcePosition(0, "a", 10), spool.Positions[0]);
            Assert.Equal(1, spool.Events);
        });
    }

    [Fact]
    public void Reopen_AfterANegativePosition_DoesNotBelieveIt()
    {
        Write(spool => Assert.True(spool.TryAppend(Scratch.Event(1, new SourcePosition(0, "a", 10)))));
        _scratch.Append("00000001.jsonl", """{"checkpoint":{"format":1,"events":1,"outputs":[{"output":0,"file":"a","offset":-5}]}}""" + "\n");
        Write(spool => Assert.Empty(spool.Positions));
    }

    [Fact]
    public void Reopen_AfterTornLine_CutsItAtEveryLength()
    {
        Write(spool =>
        {
            Assert.True(spool.TryAppend(Scratch.Event(1, new SourcePosition(0, "a", 10))));
            Assert.True(spool.TryAppend(Scratch.Event(2, new SourcePosition(0, "a", 20))));
        });
        var file = _scratch.At("00000001.jsonl");
        var whole = File.ReadAllBytes(file);
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(file, whole[..length]);
            var complete = whole.AsSpan(0, length).Count((byte)'\n');
            var expected = Math.Max(0, complete - 1); // the first line is the checkpoint
            Write(spool =>
            {
                Assert.Equal(expected, spool.Events);
                Assert.Equal(expected * 10, spool.Positions.GetValueOrDefault(0)?.Offset ?? 0);
                Assert.True(spool.TryAppend(Scratch.Event(9)));
            });
            Assert.Equal(expected + 1, _scratch.Events().Count);
        }
    }

    [Fact]
    public void Retention_OldSegmentsGo_PositionsStay()
    {
        Write(
            spool =>
            {
                Assert.True(spool.TryAppend(Scratch.Event(0, new SourcePosition(5, "rare", 1))));
                for (var i = 1; i <= 1000; i++)
                    Assert.True(spool.TryAppend(Scratch.Event(i, new SourcePosition(0, "a", i))));
                var kept = _scratch.Events();
                Assert.Equal(1001 - kept.Count, spool.TakeDropped());
                Assert.Equal(0, spool.TakeDropped());
            },
            totalSize: 32 * 1024);
        Assert.InRange(_scratch.Lines().Sum(l => l.Length + 1), 1, 32 * 1024);
        var events = _scratch.Events();
        Assert.Equal("id-1000", events[^1].Id);
        Assert.Equal(Enumerable.Range(1001 - events.Count, events.Count).Select(i => $"id-{i}"), events.Select(e => e.Id));
        Write(spool =>
        {
            Assert.Equal(new SourcePosition(5, "rare", 1), spool.Positions[5]);
            Assert.Equal(1000, spool.Positions[0].Offset);
            Assert.Equal(1001, spool.Events);
        });
    }

    [Fact]
    public void Reopen_EmptyLastSegment_TakesPositionsFromTheOneBefore()
    {
        Write(spool => Assert.True(spool.TryAppend(Scratch.Event(1, new SourcePosition(0, "a", 10)))));
        File.WriteAllBytes(_scratch.At("00000002.jsonl"), []);
        Write(spool =>
        {
            Assert.Equal(10, spool.Positions[0].Offset);
            Assert.True(spool.TryAppend(Scratch.Event(2)));
        });
        Assert.StartsWith("{\"checkpoint\":{\"format\":1,\"events\":1,", File.ReadLines(_scratch.At("00000002.jsonl")).First(), StringComparison.Ordinal);
        Assert.Equal(["id-1", "id-2"], _scratch.Events().Select(e => e.Id));
    }

    [Fact]
    public void Pass_MuchSilentInput_IsWrittenDown()
    {
        Write(spool =>
        {
            Assert.True(spool.TryAppend(Scratch.Event(1, new SourcePosition(0, "a", 10))));
            Assert.True(spool.TryPass(new SourcePosition(0, "a", 500), 490));
        });
        Write(spool =>
        {
            Assert.Equal(10, spool.Positions[0].Offset);
            Assert.True(spool.TryPass(new SourcePosition(0, "a", 5_000_000), 4_999_990));
        });
        Write(spool => Assert.Equal(5_000_000, spool.Positions[0].Offset));
        Assert.Single(_scratch.Events());
    }

    [Fact]
    public void Open_Twice_IsRefused()
    {
        using var first = _scratch.Open();
        using var second = _scratch.Open();
        using var spool = Spool.Open(first, TimeProvider.System);
        Assert.Equal(Errno.EBUSY, Assert.Throws<KernelException>(() => Spool.Open(second, TimeProvider.System)).Errno);
    }

    [Fact]
    public void Batch_UntilSynchronized_IsInNobodysWay()
    {
        Write(
            spool =>
            {
                for (var i = 1; i <= 10; i++)
                    Assert.True(spool.TryAppend(Scratch.Event(i, new SourcePosition(0, "a", i))));
                Assert.Empty(_scratch.Events());
                spool.Synchronize();
                Assert.Equal(10, _scratch.Events().Count);
                Assert.True(spool.TryAppend(Scratch.Event(11, new SourcePosition(0, "a", 11))));
            },
            batchSize: 64 * 1024);
        Assert.Equal(Enumerable.Range(1, 11).Select(i => $"id-{i}"), _scratch.Events().Select(e => e.Id));
    }

    [Fact]
    public void Batch_LinesLongerThanIt_KeepTheirPlace()
    {
        Write(
            spool =>
            {
                for (var i = 1; i <= 20; i++)
                    Assert.True(spool.TryAppend(Scratch.Event(i, new SourcePosition(0, "a", i)) with { Summary = new string('x', i % 3 == 0 ? 2000 : 10) }));
            },
            batchSize: 1024);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"id-{i}"), _scratch.Events().Select(e => e.Id));
    }

    [Fact]
    public void Batch_ThatBeginsASegment_IsNotCountedTwice()
    {
        Write(
            spool =>
            {
                for (var i = 1; i <= 1000; i++)
                    Assert.True(spool.TryAppend(Scratch.Event(i, new SourcePosition(0, "a", i))));
                spool.Synchronize();
                Assert.Equal(1000 - _scratch.Events().Count, spool.TakeDropped());
            },
            totalSize: 32 * 1024,
            batchSize: 3 * 1024);
        Write(spool =>
        {
            Assert.Equal(1000, spool.Events);
            Assert.Equal(1000, spool.Positions[0].Offset);
        });
    }

    private void Write(Action<Spool> work, long totalSize = 1L << 30, int batchSize = 0)
    {
        using var directory = _scratch.Open();
        using var spool = Spool.Open(directory, TimeProvider.System, totalSize, batchSize);
        work(spool);
    }
}
