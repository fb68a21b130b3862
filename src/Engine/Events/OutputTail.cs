using System.Globalization;
using HyperSpector.Api.Events;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Events;

/// <summary>What receives the lines of an output.</summary>
internal interface ILineSink
{
    /// <summary>One line without its newline, and the position after it. False: not now; the same line comes again.</summary>
    bool Accept(ReadOnlySpan<byte> line, SourcePosition after);

    /// <summary>A line longer than <see cref="EventLimits.OutputLine"/> was skipped.</summary>
    void TooLong(SourcePosition after);

    /// <summary>The output cannot be read, or was changed in a way that may have cost lines: one short sentence.</summary>
    void Trouble(string what);
}

/// <summary>What a bounded turn of reading came to.</summary>
public enum TailState
{
    /// <summary>Everything that is there was read.</summary>
    Idle,

    /// <summary>There is more: call again.</summary>
    More,

    /// <summary>The sink takes nothing now.</summary>
    Blocked,
}

/// <summary>
/// Follows one file in a directory that a hostile VM writes to. It may not exist yet, be cut, be renamed away and made anew, or be
/// a link, FIFO, device or directory; it may grow faster than we read. Memory is the shared buffer, whatever happens.
/// </summary>
internal sealed partial class OutputTail : IDisposable
{
    private const int BytesPerTurn = 1024 * 1024;

    private readonly FileDescriptor _directory;
    private readonly string _name;
    private readonly int _index;
    private readonly ILineSink _sink;
    private readonly byte[] _buffer;
    private SourcePosition? _resume;
    private FileDescriptor? _file;
    private string _identity = "";

    // First byte of the first line that was not handed on.
    private long _offset;

    // No newline stands between _offset and here: a line that grows slowly is not read from its start each time.
    private long _scanned;

    // Within a line that is too long.
    private bool _skipping;

    // Files that the output was rotated into since the one that is read, the oldest first, as far as they are known.
    private Queue<(string Name, long Birth)> _rotated = new();

    /// <summary>Follows <paramref name="name"/> in a borrowed directory.</summary>
    /// <param name="directory">Open directory.</param>
    /// <param name="name">File name.</param>
    /// <param name="index">Output number for positions.</param>
    /// <param name="resume">Where an earlier reader stood; null: at the start.</param>
    /// <param name="sink">Gets the lines.</param>
    /// <param name="buffer">At least <see cref="BufferSize"/>; shared by all outputs of a reader.</param>
    internal OutputTail(FileDescriptor directory, string name, int index, SourcePosition? resume, ILineSink sink, byte[] buffer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, BufferSize);
        _directory = directory;
        _name = name;
        _index = index;
        _resume = resume;
        _sink = sink;
        _buffer = buffer;
    }

    /// <summary>A line of the greatest length and as much again.</summary>
    internal static int BufferSize => 2 * EventLimits.OutputLine;

    private SourcePosition Position => new(_index, _identity, _offset);

    /// <summary>Hands on what is there, about <see cref="BytesPerTurn"/> at most.</summary>
    internal TailState Read()
    {
        if (_file is null && !TryOpen())
            return TailState.Idle;
        CheckRewritten();
        var budget = BytesPerTurn;
        while (budget > 0)
        {
            SkipHole();
            var count = ReadAhead();
            if (count == 0)
            {
                if (!TryMoveOn())
                    return TailState.Idle;
                budget -= 4096;
                continue;
            }

            budget -= count;
            if (!HandOn(count))
                return TailState.Blocked;
        }

        return TailState.More;
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>A hole holds no newline: a VM that makes a file of a terabyte without a byte in it must not cost us a terabyte of reading.</summary>
    private void SkipHole()
    {
        if (!_skipping)
            return;
        var size = FileStatus.Of(_file!).Size;
        if (_offset < size)
            _offset = _scanned = FileIo.NextData(_file!, _offset) ?? size;
    }

    /// <summary>Fills the buffer with bytes from <see cref="_offset"/> on that hold something new; their number, 0 at the end.</summary>
    private int ReadAhead()
    {
        if (_scanned > _offset)
        {
            var ahead = FileIo.ReadAt(_file!, _buffer, _scanned);
            if (ahead == 0)
                return 0;
            if (_buffer.AsSpan(0, ahead).IndexOf((byte)'\n') < 0)
            {
                _scanned += ahead;
                if (_scanned - _offset <= EventLimits.OutputLine)
                    return 0;
                // Too long already: from here on only its end is of interest.
                _skipping = true;
                _offset = _scanned;
            }
        }

        return FileIo.ReadAt(_file!, _buffer, _offset);
    }

    /// <summary>Hands on the complete lines among the first <paramref name="count"/> bytes of the buffer.</summary>
    private bool HandOn(int count)
    {
        var rest = _buffer.AsSpan(0, count);
        while (true)
        {
            var length = rest.IndexOf((byte)'\n');
            if (length < 0)
                break;
            var after = new SourcePosition(_index, _identity, _offset + length + 1);
            if (_skipping || length > EventLimits.OutputLine)
                _sink.TooLong(after);
            else if (length > 0 && !_sink.Accept(rest[..length], after))
                return false;
            _skipping = false;
            _offset = after.Offset;
            rest = rest[(length + 1)..];
        }

        if (_skipping || rest.Length > EventLimits.OutputLine)
        {
            _skipping = true;
            _offset += rest.Length;
            rest = [];
        }

        _scanned = _offset + rest.Length;
        return true;
    }

    /// <summary>A file that is shorter than what we read of it, or has another byte where our line ended, was written anew.</summary>
    private void CheckRewritten()
    {
        Span<byte> last = stackalloc byte[1];
        var status = FileStatus.Of(_file!);
        var intact = status.Size >= _scanned
            && (_offset == 0 || _skipping || status.Size == _offset
                || (FileIo.ReadAt(_file!, last, _offset - 1) == 1 && last[0] == (byte)'\n'));
        if (intact)
            return;
        _sink.Trouble("was cut or overwritten: reading it from its start");
        Start(0);
    }

    private void Start(long offset)
    {
        _offset = _scanned = offset;
        _skipping = false;
    }

    private static string IdentityOf(FileStatus status) =>
        string.Create(CultureInfo.InvariantCulture, $"{status.Inode:x}.{status.BirthNanoseconds:x}");
}
