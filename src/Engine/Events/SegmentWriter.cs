using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Events;

/// <summary>
/// Appends lines to numbered segments in a directory and drops the oldest when they pass a total. A line is one write(2), so a
/// reader of the file, or we after a crash, find complete lines and at most one torn one at the end, which is cut off on open.
/// </summary>
internal sealed class SegmentWriter : IDisposable
{
    private readonly FileDescriptor _directory;
    private readonly long _segmentSize;
    private readonly long _totalSize;
    private readonly Func<byte[]> _header;
    private readonly List<(int Number, long Size)> _segments = [];
    private FileDescriptor? _current;

    private SegmentWriter(FileDescriptor directory, long segmentSize, long totalSize, Func<byte[]> header)
    {
        _directory = directory;
        _segmentSize = segmentSize;
        _totalSize = totalSize;
        _header = header;
    }

    /// <summary>Called with the number of a segment that is about to be dropped.</summary>
    internal Action<int>? Dropping { get; set; }

    /// <summary>The segments on disk, oldest first.</summary>
    internal IReadOnlyList<(int Number, long Size)> Segments => _segments;

    /// <summary>The file being written; null before the first line.</summary>
    internal FileDescriptor? Current => _current;

    /// <summary>Opens what is there. The directory is borrowed.</summary>
    /// <param name="directory">An open directory, not O_PATH.</param>
    /// <param name="segmentSize">No segment grows beyond, but for one longer line.</param>
    /// <param name="totalSize">All segments together, the current one included.</param>
    /// <param name="header">First line of each segment, asked for when one begins; empty for none.</param>
    internal static SegmentWriter Open(FileDescriptor directory, long segmentSize, long totalSize, Func<byte[]> header)
    {
        var writer = new SegmentWriter(directory, segmentSize, totalSize, header);
        try
        {
            writer.Recover();
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Appends complete lines with one write(2). False: the disk does not take them now; nothing of them is left in the file,
    /// and the caller tries again later.
    /// </summary>
    internal bool TryAppend(ReadOnlySpan<byte> lines)
    {
        if (_current is null || _segments[^1].Size == 0 || _segments[^1].Size + lines.Length > _segmentSize)
        {
            if (!TryBegin())
                return false;
        }

        return TryWrite(lines);
    }

    /// <summary>Opens a segment for reading; null if it is gone.</summary>
    internal FileDescriptor? OpenSegment(int number)
    {
        var errno = Files.TryOpenUntrusted(_directory, SegmentNames.Of(number), out var file);
        return errno is Errno.None or Errno.ENOENT ? file : throw new KernelException("openat2", errno, SegmentNames.Of(number));
    }

    public void Dispose() => _current?.Dispose();

    private void Recover()
    {
        foreach (var number in SegmentNames.Among(FileIo.List(_directory, EventLimits.DirectoryEntries)))
        {
            using var file = OpenSegment(number);
            if (file is not null && FileStatus.Of(file) is { IsRegular: true } status)
                _segments.Add((number, status.Size));
        }

        if (_segments.Count == 0)
            return;
        var name = SegmentNames.Of(_segments[^1].Number);
        var errno = Files.TryOpenAppend(_directory, name, create: false, out _current);
        if (errno != Errno.None)
            throw new KernelException("openat2", errno, name);
        CutTornLine();
    }

    private void CutTornLine()
    {
        var size = _segments[^1].Size;
        var buffer = new byte[64 * 1024];
        var end = size;
        while (end > 0)
        {
            var start = Math.Max(0, end - buffer.Length);
            var count = FileIo.ReadAt(_current!, buffer.AsSpan(0, (int)(end - start)), start);
            var newline = buffer.AsSpan(0, count).LastIndexOf((byte)'\n');
            if (newline >= 0)
            {
                end = start + newline + 1;
                break;
            }

            end = start;
        }

        if (end < size)
            FileIo.Truncate(_current!, end);
        _segments[^1] = (_segments[^1].Number, end);
    }

    private bool TryBegin()
    {
        // A segment that lost everything to a crash is used again; its header is missing.
        if (_current is null || _segments[^1].Size > 0)
        {
            var number = _segments.Count == 0 ? 1 : _segments[^1].Number + 1;
            var errno = Files.TryOpenAppend(_directory, SegmentNames.Of(number), create: true, out var file);
            if (errno != Errno.None)
                return errno is Errno.ENOSPC or (Errno)122 ? false : throw new KernelException("openat2", errno, SegmentNames.Of(number));
            // What was written must be on the medium before its successor can claim to follow it.
            if (_current is not null)
                _ = FileIo.Synchronize(_current);
            _current?.Dispose();
            _current = file;
            _segments.Add((number, 0));
        }

        var header = _header();
        if (header.Length > 0 && !TryWrite(header))
            return false;
        while (_segments.Count > 1 && _segments.Sum(s => s.Size) - _segments[^1].Size + _segmentSize > _totalSize)
        {
            Dropping?.Invoke(_segments[0].Number);
            Files.Remove(_directory, SegmentNames.Of(_segments[0].Number));
            _segments.RemoveAt(0);
        }

        return true;
    }

    private bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        var (number, size) = _segments[^1];
        var errno = FileIo.TryWrite(_current!, bytes, out var written);
        if (errno == Errno.None && written == bytes.Length)
        {
            _segments[^1] = (number, size + written);
            return true;
        }

        // Full disk (ENOSPC, EDQUOT), or the kernel took a part: leave no half line behind.
        if (written > 0)
            FileIo.Truncate(_current!, size);
        return errno is Errno.None or Errno.ENOSPC or Errno.EIO or (Errno)122 ? false : throw new KernelException("write", errno);
    }
}
