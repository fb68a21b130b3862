using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Events;

/// <summary>Complete lines of a stored file, from a position on, as opaque bytes. Longer ones than the limit are skipped.</summary>
internal sealed class LineScanner(FileDescriptor file, int limit, long position = 0)
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private bool _skipping;

    /// <summary>First byte after the last line that was returned or skipped.</summary>
    internal long Position { get; private set; } = position;

    /// <summary>The next line without its newline, valid until the next call; false if there is no complete line yet.</summary>
    internal bool TryRead(out ReadOnlySpan<byte> line)
    {
        var scanned = _start;
        while (true)
        {
            var newline = _buffer.AsSpan(scanned, _end - scanned).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                var begin = _start;
                var length = scanned + newline - begin;
                _start = scanned + newline + 1;
                scanned = _start;
                Position += length + 1;
                if (_skipping)
                {
                    _skipping = false;
                    continue;
                }

                line = _buffer.AsSpan(begin, length);
                return true;
            }

            if (_skipping || _end - _start > limit)
            {
                _skipping = true;
                Position += _end - _start;
                _start = _end = 0;
            }

            scanned = _end;
            if (!Fill(ref scanned))
            {
                line = default;
                return false;
            }
        }
    }

    /// <summary>Reads more behind what is buffered; false at the end of the file.</summary>
    private bool Fill(ref int scanned)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            scanned -= _start;
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, limit + (64 * 1024)));
        var count = FileIo.ReadAt(file, _buffer.AsSpan(_end), Position + (_end - _start));
        _end += count;
        return count > 0;
    }
}
