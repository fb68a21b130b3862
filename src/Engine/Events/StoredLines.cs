using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Events;

/// <summary>
/// The lines of a spool or a log in order, over its segments, as opaque bytes: whoever uses this parses nothing. The directory
/// may not exist yet, and belongs to an unprivileged process that may have been taken over: links and FIFOs are not opened.
/// </summary>
internal sealed class StoredLines(string path) : IDisposable
{
    private FileDescriptor? _directory;
    private FileDescriptor? _file;
    private LineScanner? _scanner;
    private int _segment;

    /// <summary>The open directory; null while there is none.</summary>
    internal FileDescriptor? Directory => _directory;

    /// <summary>The line that <see cref="TryAdvance"/> found.</summary>
    internal ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>Opens the directory if it is there; true once it is open.</summary>
    internal bool TryOpen()
    {
        if (_directory is not null)
            return true;
        try
        {
            _directory = Files.OpenDirectory(path);
            return true;
        }
        catch (KernelException absent) when (absent.Errno is Errno.ENOENT)
        {
            return false;
        }
    }

    /// <summary>True when the directory's path leads elsewhere by now: the VM was made anew.</summary>
    internal bool WasReplaced()
    {
        if (_directory is null)
            return false;
        try
        {
            using var now = Files.OpenDirectory(path);
            return FileStatus.Of(now).Inode != FileStatus.Of(_directory).Inode;
        }
        catch (KernelException absent) when (absent.Errno is Errno.ENOENT)
        {
            return true;
        }
    }

    /// <summary>Starts so that at most the last <paramref name="count"/> lines come; returns how many will.</summary>
    internal long SeekTail(long count)
    {
        if (!TryOpen())
            return 0;
        var segments = Segments();
        long found = 0;
        for (var i = segments.Count - 1; i >= 0; i--)
        {
            using var file = OpenSegment(segments[i]);
            if (file is null)
                continue;
            // Positions of the last lines of this segment, as far as they are wanted.
            var starts = new Queue<long>();
            var scanner = new LineScanner(file, EventLimits.StoredLine);
            var start = 0L;
            while (scanner.TryRead(out var line))
            {
                if (!line.StartsWith(SpoolCheckpoint.Prefix))
                    starts.Enqueue(start);
                start = scanner.Position;
                if (starts.Count > count - found)
                    _ = starts.Dequeue();
            }

            found += starts.Count;
            Begin(segments[i], starts.Count > 0 ? starts.Peek() : start);
            if (found >= count)
                break;
        }

        return found;
    }

    /// <summary>Finds the next line; false if there is none yet.</summary>
    internal bool TryAdvance()
    {
        if (!TryOpen())
            return false;
        while (true)
        {
            if (_scanner is not null && TryScan())
                return true;
            // Whether there is a successor is asked before the last look: a writer never returns to an older segment.
            var next = FirstAfter(_segment);
            if (next != 0 && _scanner is not null && TryScan())
                return true;
            if (next == 0)
                return false;
            Begin(next, 0);
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _directory?.Dispose();
    }

    private bool TryScan()
    {
        while (_scanner!.TryRead(out var line))
        {
            if (line.StartsWith(SpoolCheckpoint.Prefix))
                continue;
            var copy = new byte[line.Length + 1];
            line.CopyTo(copy);
            copy[^1] = (byte)'\n';
            Line = copy;
            return true;
        }

        return false;
    }

    private void Begin(int segment, long position)
    {
        _file?.Dispose();
        _file = OpenSegment(segment);
        _scanner = _file is null ? null : new LineScanner(_file, EventLimits.StoredLine, position);
        _segment = segment;
    }

    private List<int> Segments() => SegmentNames.Among(FileIo.List(_directory!, EventLimits.DirectoryEntries));

    private int FirstAfter(int segment) => Segments().FirstOrDefault(s => s > segment);

    private FileDescriptor? OpenSegment(int number)
    {
        if (Files.TryOpenUntrusted(_directory!, SegmentNames.Of(number), out var file) != Errno.None)
            return null;
        if (FileStatus.Of(file!).IsRegular)
            return file;
        file!.Dispose();
        return null;
    }
}
