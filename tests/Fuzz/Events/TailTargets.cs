using System.Text;
using CsCheck;
using HyperSpector.Api.Events;
using HyperSpector.Engine.Events;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;
using Xunit;

namespace HyperSpector.Tests.Fuzz.Events;

/// <summary>Output files while they are written, rotated, cut and exchanged, by a VM that may want us to miss something.</summary>
public class TailTargets
{
    private enum Deed
    {
        Write, WriteLong, Read, Refuse, Restart, Rotate, Fifo, Link, Directory, Gone, Cut,
    }

    // What an IDS and its rotation do.
    private static readonly Gen<(Deed Deed, int Size)> s_honest = Gen.Select(
        Gen.Frequency((6, Gen.Const(Deed.Write)), (1, Gen.Const(Deed.WriteLong)), (5, Gen.Const(Deed.Read)), (1, Gen.Const(Deed.Refuse)), (2, Gen.Const(Deed.Restart)), (1, Gen.Const(Deed.Rotate))), Gen.Int[0, 40]);

    private static readonly Gen<(Deed Deed, int Size)> s_hostile = Gen.Select(Gen.Enum<Deed>(), Gen.Int[0, 40]);

    [Fact]
    public void Tail_AnyWritingAndRotation_GivesEachLineOnce() => Target.Run(s_honest.List[1, 25], deeds => Scratch.Within(scratch =>
    {
        using var stage = new Stage(scratch);
        foreach (var (deed, size) in deeds)
            stage.Do(deed, size);
        stage.Finish();
        Assert.Equal(stage.Written, stage.Sink.Lines);
        Assert.Empty(stage.Sink.Troubles);
    }), few: 150, threads: 1);

    [Fact]
    public void Tail_AnyMischief_DoesNotStopIt() => Target.Run(s_hostile.List[1, 25], deeds => Scratch.Within(scratch =>
    {
        using var stage = new Stage(scratch);
        foreach (var (deed, size) in deeds)
            stage.Do(deed, size);
        stage.Do(Deed.Gone, 0);
        stage.Do(Deed.Read, 0);
        stage.Write("after all\n");
        stage.Finish();
        Assert.Contains("after all", stage.Sink.Lines);
        Assert.All(stage.Sink.Troubles, Properties.IsOneLine);
        Assert.All(stage.Sink.Lines, l => Assert.InRange(l.Length, 1, EventLimits.OutputLine));
        Assert.All(stage.Sink.Positions, p => Assert.True(p.Offset >= 0));
    }), few: 150, threads: 1);

    // An output, who writes it and who reads it.
    private sealed class Stage : IDisposable
    {
        private readonly Scratch _scratch;
        private readonly FileDescriptor _directory;
        private readonly byte[] _buffer = new byte[OutputTail.BufferSize];
        private readonly StringBuilder _open = new();
        private OutputTail _tail;
        private int _rotations;
        private int _lines;

        internal Stage(Scratch scratch)
        {
            _scratch = scratch;
            _directory = scratch.Open();
            _tail = NewTail(null);
            // A reader that has never seen a file does not look for what it was renamed to.
            Write("first\n");
            Read();
        }

        internal Sink Sink { get; } = new();

        /// <summary>Lines that were written whole, and are short enough.</summary>
        internal List<string> Written { get; } = [];

        private string Path => _scratch.At("out");

        internal void Do(Deed deed, int size)
        {
            switch (deed)
            {
                case Deed.Write:
                    // The end of one line and the start of another.
                    Write((size % 3 == 0 ? "" : "\n") + $"{_lines++}:" + new string('x', size) + (size % 2 == 0 ? "\n" : ""));
                    break;
                case Deed.WriteLong:
                    Write("\n" + new string('y', (EventLimits.OutputLine / 2 * (1 + (size % 3))) + (size % 5) - 2));
                    break;
                case Deed.Read:
                    Read();
                    break;
                case Deed.Refuse:
                    Sink.Refusing = true;
                    _ = _tail.Read();
                    Sink.Refusing = false;
                    break;
                case Deed.Restart:
                    _tail.Dispose();
                    _tail = NewTail(Sink.Positions.Count > 0 ? Sink.Positions[^1] : null);
                    break;
                case Deed.Rotate when File.Exists(Path):
                    Write("\n");
                    Rotate();
                    break;
                case Deed.Fifo or Deed.Link or Deed.Directory or Deed.Gone:
                    Remove();
                    if (deed == Deed.Fifo)
                        _ = Nodes.MakeFifo(Path, 0x1B6);
                    else if (deed == Deed.Link)
                        _ = File.CreateSymbolicLink(Path, "/dev/zero");
                    else if (deed == Deed.Directory)
                        _ = System.IO.Directory.CreateDirectory(Path);
                    break;
                case Deed.Cut when File.Exists(Path) && new FileInfo(Path).LinkTarget is null && Writable():
                    using (var file = File.OpenWrite(Path))
                        file.SetLength(file.Length * size / 40);
                    break;
            }
        }

        internal void Write(string text)
        {
            if (!Writable())
                return;
            File.AppendAllText(Path, text);
            foreach (var c in text)
            {
                if (c != '\n')
                {
                    _ = _open.Append(c);
                    continue;
                }

                if (_open.Length is > 0 and <= EventLimits.OutputLine)
                    Written.Add(_open.ToString());
                _ = _open.Clear();
            }
        }

        internal void Finish()
        {
            Write("\n");
            Read();
        }

        public void Dispose()
        {
            _tail.Dispose();
            _directory.Dispose();
        }

        private void Read()
        {
            // A file that is looked for among many takes turns; none of them is endless.
            for (var turn = 0; turn < 50 && _tail.Read() == TailState.More; turn++)
            {
            }
        }

        private bool Writable() => NodeStatus.TryOf(Path) is null or { IsRegular: true };

        private void Remove()
        {
            if (System.IO.Directory.Exists(Path) && new DirectoryInfo(Path).LinkTarget is null)
                System.IO.Directory.Delete(Path);
            else
                File.Delete(Path);
        }

        // Files are told apart by when they were made: a rotation in the same tick of the clock (4 ms) as the last is none of the world's.
        private void Rotate()
        {
            Thread.Sleep(10);
            File.Move(Path, $"{Path}.{++_rotations}");
            File.WriteAllText(Path, "");
        }

        private OutputTail NewTail(SourcePosition? resume) => new(_directory, "out", 0, resume, Sink, _buffer);
    }

    private sealed class Sink : ILineSink
    {
        internal List<string> Lines { get; } = [];

        internal List<string> Troubles { get; } = [];

        internal List<SourcePosition> Positions { get; } = [];

        internal bool Refusing { get; set; }

        public bool Accept(ReadOnlySpan<byte> line, SourcePosition after)
        {
            if (Refusing)
                return false;
            Lines.Add(Encoding.UTF8.GetString(line));
            Positions.Add(after);
            return true;
        }

        public void TooLong(SourcePosition after) => Positions.Add(after);

        public void Trouble(string what) => Troubles.Add(what);
    }
}
