using System.Text;
using CsCheck;
using HyperSpector.Api.Events;
using HyperSpector.Engine.Events;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using Xunit;

namespace HyperSpector.Tests.Unit.Events;

public sealed class OutputTailTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly Sink _sink = new();
    private readonly FileDescriptor _directory;
    private readonly byte[] _buffer = new byte[OutputTail.BufferSize];

    public OutputTailTests() => _directory = _scratch.Open();

    public void Dispose()
    {
        _directory.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void Read_GrowingFile_GivesEachCompleteLineOnce()
    {
        using var tail = Tail();
        Assert.Equal(TailState.Idle, tail.Read()); // does not exist yet
        _scratch.Append("out", "one\ntw");
        Assert.Equal(["one"], Lines(tail));
        _scratch.Append("out", "o");
        Assert.Equal(["one"], Lines(tail));
        _scratch.Append("out", "\n\nthree\n");
        Assert.Equal(["one", "two", "three"], Lines(tail));
        Assert.Empty(_sink.Troubles);
    }

    [Fact]
    public void Read_AnyChunking_GivesTheSameLines()
    {
        Gen.Select(Gen.Int[0, 400].List[1, 30], Gen.Int[1, 700].List[1, 30], (lines, chunks) => (lines, chunks)).Sample(
            sample =>
            {
                using var scratch = new Scratch();
                using var directory = scratch.Open();
                var sink = new Sink();
                var text = string.Concat(sample.lines.Select((length, i) => $"{i}:{new string('x', length)}\n"));
                // A buffer of its own: samples run on several threads.
                using var tail = new OutputTail(directory, "out", 0, null, sink, new byte[OutputTail.BufferSize]);
                var at = 0;
                for (var i = 0; at < text.Length; i++)
                {
                    var length = Math.Min(sample.chunks[i % sample.chunks.Count], text.Length - at);
                    scratch.Append("out", text.Substring(at, length));
                    at += length;
                    _ = tail.Read();
                }

                Assert.Equal(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), sink.Lines);
            },
            iter: 50);
    }

    [Fact]
    public void Read_LongLines_SkipsAndCountsThemWhereverTheyAreCut()
    {
        using var tail = Tail();
        var longest = new string('a', EventLimits.OutputLine);
        _scratch.Append("out", longest + "\n" + longest + "b\nafter\n");
        Assert.Equal([longest, "after"], Lines(tail));
        Assert.Equal(1, _sink.TooLong);
        for (var i = 0; i < 40; i++)
        {
            _scratch.Append("out", longest[..(longest.Length / 8)]);
            _ = tail.Read();
        }

        _scratch.Append("out", "\nend\n");
        Assert.Equal([longest, "after", "end"], Lines(tail));
        Assert.Equal(2, _sink.TooLong);
    }

    [Fact]
    public void Read_FileOfHoles_IsPassedOverAndItsSuccessorRead()
    {
        using var tail = Tail();
        using (var file = new FileStream(_scratch.At("out"), FileMode.CreateNew))
            file.SetLength(1L << 40);
        _ = tail.Read();
        File.Delete(_scratch.At("out"));
        _scratch.Append("out", "after\n");
        // A few turns, not a million of them.
        for (var turn = 0; turn < 8 && _sink.Lines.Count == 0; turn++)
            _ = tail.Read();
        Assert.Equal(["after"], _sink.Lines);
        Assert.Equal(1, _sink.TooLong);
    }

    [Fact]
    public void Read_RenamedAndMadeAnew_FinishesTheOldOneFirst()
    {
        using var tail = Tail();
        _scratch.Append("out", "1\n");
        Assert.Equal(["1"], Lines(tail));
        File.Move(_scratch.At("out"), _scratch.At("out.1"));
        _scratch.Append("out.1", "2\n");
        _scratch.Append("out", "");
        Assert.Equal(["1", "2"], Lines(tail));
        _scratch.Append("out.1", "3\n4 without end");
        _scratch.Append("out", "5\n");
        Assert.Equal(["1", "2", "3", "4 without end", "5"], Lines(tail));
        Assert.Empty(_sink.Troubles);
    }

    [Fact]
    public void Resume_InRenamedFile_GoesOnThere()
    {
        _scratch.Append("out", "1\n2\n");
        using (var tail = Tail())
            Assert.Equal(["1", "2"], Lines(tail));
        var afterOne = _sink.Positions[0];
        File.Move(_scratch.At("out"), _scratch.At("out.old"));
        _scratch.Append("out.old", "3\n");
        _scratch.Append("out", "4\n");
        _sink.Lines.Clear();
        using var next = new OutputTail(_directory, "out", 0, afterOne, _sink, _buffer);
        Assert.Equal(["2", "3", "4"], Lines(next));
    }

    [Fact]
    public void Resume_RotatedSeveralTimes_ReadsEveryFileInOrder()
    {
        _scratch.Append("out", "1\n");
        using (var tail = Tail())
            Assert.Equal(["1"], Lines(tail));
        for (var i = 2; i <= 5; i++)
        {
            File.Move(_scratch.At("out"), _scratch.At($"out.{i - 1}"));
            _scratch.Append("out", $"{i}\n");
            Thread.Sleep(20); // the kernel's clock for files is coarse
        }

        _scratch.Append("out.1.gz", "never read\n");
        using var next = new OutputTail(_directory, "out", 0, _sink.Positions[0], _sink, _buffer);
        Assert.Equal(["1", "2", "3", "4", "5"], Lines(next));
    }

    [Fact]
    public void Resume_AfterUnendedLastLine_DoesNotDoubleTheFile()
    {
        _scratch.Append("out", "1\n2 unended");
        using (var tail = Tail())
        {
            Assert.Equal(["1"], Lines(tail));
            File.Move(_scratch.At("out"), _scratch.At("out.1"));
            _scratch.Append("out", "3\n");
            Assert.Equal(["1", "2 unended", "3"], Lines(tail));
        }

        var resume = _sink.Positions[1];
        _sink.Lines.Clear();
        using var next = new OutputTail(_directory, "out", 0, resume, _sink, _buffer);
        Assert.Equal(["3"], Lines(next));
    }

    [Fact]
    public void Read_CutFile_StartsAgainAndSaysSo()
    {
        using var tail = Tail();
        _scratch.Append("out", "one\ntwo\n");
        Assert.Equal(["one", "two"], Lines(tail));
        File.WriteAllText(_scratch.At("out"), "x\n");
        Assert.Equal(["one", "two", "x"], Lines(tail));
        // Overwritten by something longer: no newline stands where our line ended.
        File.WriteAllText(_scratch.At("out"), "longer than before\n");
        Assert.Equal(["one", "two", "x", "longer than before"], Lines(tail));
        Assert.Equal(2, _sink.Troubles.Count);
    }

    [Theory]
    [InlineData("symbolic link")]
    [InlineData("FIFO")]
    [InlineData("directory")]
    public void Read_SomethingElseInItsPlace_IsReportedAndNeverFollowed(string what)
    {
        _scratch.Append("secret", "secret\n");
        switch (what)
        {
            case "symbolic link":
                _ = File.CreateSymbolicLink(_scratch.At("out"), _scratch.At("secret"));
                break;
            case "FIFO":
                _ = Tool.RunChecked("mkfifo", [_scratch.At("out")]);
                break;
            default:
                _ = Directory.CreateDirectory(_scratch.At("out"));
                break;
        }

        using var tail = Tail();
        Assert.Empty(Lines(tail));
        Assert.Contains(what, Assert.Single(_sink.Troubles.Distinct()), StringComparison.Ordinal);
        if (what == "directory")
            Directory.Delete(_scratch.At("out"));
        else
            File.Delete(_scratch.At("out"));
        _scratch.Append("out", "fine\n");
        Assert.Equal(["fine"], Lines(tail));
    }

    [Fact]
    public void Read_BlockedSink_OffersTheSameLineAgain()
    {
        _scratch.Append("out", "1\n2\n");
        using var tail = Tail();
        _sink.Blocked = true;
        Assert.Equal(TailState.Blocked, tail.Read());
        _sink.Blocked = false;
        Assert.Equal(["1", "2"], Lines(tail));
    }

    private OutputTail Tail() => new(_directory, "out", 0, null, _sink, _buffer);

    private List<string> Lines(OutputTail tail)
    {
        while (tail.Read() == TailState.More)
        {
        }

        return _sink.Lines;
    }

    private sealed class Sink : ILineSink
    {
        internal List<string> Lines { get; } = [];

        internal List<SourcePosition> Positions { get; } = [];

        internal List<string> Troubles { get; } = [];

        internal int TooLong { get; private set; }

        internal bool Blocked { get; set; }

        public bool Accept(ReadOnlySpan<byte> line, SourcePosition after)
        {
            if (Blocked)
                return false;
            Lines.Add(Encoding.UTF8.GetString(line));
            Positions.Add(after);
            return true;
        }

        void ILineSink.TooLong(SourcePosition after) => TooLong++;

        public void Trouble(string what) => Troubles.Add(what);
    }
}
