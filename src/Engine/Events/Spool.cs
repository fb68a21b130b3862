using System.Buffers;
using System.Diagnostics;
using HyperSpector.Api.Events;
using HyperSpector.Engine.Hosts;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Events;

/// <summary>
/// The events of one VM on disk. An event and the position of the input it came from are one line, written by one write(2): after
/// kill -9 at any point either both are there or neither, so a new reader resumes without losing or doubling an event.
/// With a batch, lines are written together, at the latest by <see cref="Synchronize"/>: an IDS under a flood says a thousand things
/// a second, and each write of its own would cost the server. One writer at a time: it holds a lock on the directory.
/// </summary>
public sealed class Spool : IDisposable
{
    private const long SyncBytes = 1024 * 1024;
    private static readonly TimeSpan SyncInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly EventLineWriter _lines = new();
    private readonly SegmentWriter _segments;
    private readonly SpoolCheckpoint _checkpoint = new();
    private readonly TimeProvider _clock;
    private readonly Dictionary<int, long> _firstEvents = [];
    private readonly ArrayBufferWriter<byte> _batch = new();
    private readonly int _batchSize;

    // How things stood before the first line of the batch: what a segment that begins with the batch must say.
    private (long Events, byte[] Line) _beforeBatch;
    private long _silent;
    private long _unsynced;
    private long _unsyncedSince;
    private long _dropped;

    private Spool(FileDescriptor directory, long totalSize, int batchSize, TimeProvider clock)
    {
        _clock = clock;
        _batchSize = batchSize;
        _segments = SegmentWriter.Open(directory, Math.Min(EventLimits.SpoolSegment, totalSize / 4), totalSize, BeginSegment);
        _segments.Dropping = CountDropped;
    }

    /// <summary>Where the position of each output stands.</summary>
    public IReadOnlyDictionary<int, SourcePosition> Positions => _checkpoint.Positions;

    /// <summary>Events ever written.</summary>
    public long Events => _checkpoint.Events;

    /// <summary>When <see cref="Synchronize"/> is due; null while everything is on the medium.</summary>
    public TimeSpan? SynchronizeIn
    {
        get
        {
            // Only a disk that is full leaves something in the batch.
            if (_batch.WrittenCount > 0)
                return RetryInterval;
            if (_unsynced == 0)
                return null;
            var left = SyncInterval - _clock.GetElapsedTime(_unsyncedSince);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    /// <summary>Where a VM's spool is: outlives the VM's being made anew.</summary>
    public static string DirectoryOf(HostPaths paths, string machine) => Path.Join(paths.State, "events", machine);

    /// <summary>Opens the spool in a directory, which is borrowed.</summary>
    /// <param name="directory">Open directory.</param>
    /// <param name="clock">The time.</param>
    /// <param name="totalSize">Bytes on disk; beyond it the oldest segment goes.</param>
    /// <param name="batchSize">Bytes that may wait for <see cref="Synchronize"/>; 0: every line is written at once.</param>
    /// <exception cref="KernelException">EBUSY: another process writes to it.</exception>
    public static Spool Open(FileDescriptor directory, TimeProvider clock, long totalSize = 1L << 30, int batchSize = 0)
    {
        // A lock outlives its holder by the moment in which a child of it, started beside us, has not yet closed its copy (execve).
        for (var attempt = 0; !Files.TryLock(directory); attempt++)
        {
            if (attempt == 50)
                throw new KernelException("flock", Errno.EBUSY, "spool");
            Thread.Sleep(10);
        }

        var spool = new Spool(directory, totalSize, batchSize, clock);
        spool.Recover();
        return spool;
    }

    /// <summary>
    /// Appends an event; with <see cref="EventRecord.Source"/>, it moves the position of its output. False: the disk is full, and
    /// the caller must offer it again later.
    /// </summary>
    public bool TryAppend(EventRecord record) => TryAppend(_lines.Write(record), record.Source);

    /// <summary>As above, with the IDS's own record as checked JSON.</summary>
    internal bool TryAppend(EventRecord record, ReadOnlySpan<byte> raw) => TryAppend(_lines.Write(record, raw), record.Source);

    /// <summary>As above, with the IDS's own record as text.</summary>
    internal bool TryAppendText(EventRecord record, string raw) => TryAppend(_lines.WriteText(record, raw), record.Source);

    /// <summary>
    /// Notes that an output was read up to a position without an event. Written down from time to time only: reading a little
    /// again after a crash makes the same nothing of it. False: the disk is full.
    /// </summary>
    internal bool TryPass(SourcePosition position, long bytes)
    {
        _checkpoint.Move(position);
        _silent += bytes;
        if (_silent < EventLimits.SilentInput)
            return true;
        if (!Append(_checkpoint.ToLine()))
            return false;
        _silent = 0;
        return true;
    }

    /// <summary>How many old events were dropped for want of room since the last call.</summary>
    internal long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);

    /// <summary>Writes what waits in the batch, and brings what was written onto the medium, if it is due (at most every second, or 1 MiB).</summary>
    public void Synchronize(bool now = false)
    {
        _ = TryWriteBatch();
        if (_unsynced > 0 && (now || _clock.GetElapsedTime(_unsyncedSince) >= SyncInterval))
            SynchronizeFile();
    }

    private void SynchronizeFile()
    {
        if (_segments.Current is null)
            return;
        // A disk that refuses is not our reader's end: the next interval tries again, and what was written is in the page cache.
        _unsynced = FileIo.Synchronize(_segments.Current) == Errno.None ? 0 : 1;
        _unsyncedSince = _clock.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Synchronize(now: true);
        _segments.Dispose();
        _lines.Dispose();
    }

    private bool TryAppend(ReadOnlySpan<byte> line, SourcePosition? position)
    {
        Debug.Assert(line.Length <= EventLimits.StoredLine, "an event's parts are bounded before they come here");
        if (!Append(line))
            return false;
        _checkpoint.Events++;
        if (position is not null)
            _checkpoint.Move(position);
        return true;
    }

    private bool Append(ReadOnlySpan<byte> line)
    {
        if (_batch.WrittenCount + line.Length > _batchSize && !TryWriteBatch())
            return false;
        if (_batch.WrittenCount == 0)
            _beforeBatch = (_checkpoint.Events, _checkpoint.ToLine());
        if (line.Length > _batchSize)
            return Write(line);
        _batch.Write(line);
        return true;
    }

    /// <summary>False: the disk is full, and the batch waits.</summary>
    private bool TryWriteBatch()
    {
        if (_batch.WrittenCount == 0)
            return true;
        if (!Write(_batch.WrittenSpan))
            return false;
        _batch.ResetWrittenCount();
        return true;
    }

    private bool Write(ReadOnlySpan<byte> lines)
    {
        if (!_segments.TryAppend(lines))
            return false;
        if (_unsynced == 0)
            _unsyncedSince = _clock.GetTimestamp();
        _unsynced += lines.Length;
        if (_unsynced >= SyncBytes)
            SynchronizeFile();
        return true;
    }

    private byte[] BeginSegment()
    {
        _firstEvents[_segments.Segments[^1].Number] = _beforeBatch.Events;
        _silent = 0;
        return _beforeBatch.Line;
    }

    private void CountDropped(int number)
    {
        var next = _segments.Segments.First(s => s.Number > number).Number;
        if (_firstEvents.Remove(number, out var first) && _firstEvents.TryGetValue(next, out var following))
            _dropped += following - first;
    }

    private void Recover()
    {
        foreach (var (number, size) in _segments.Segments)
        {
            if (size == 0)
                continue;
            var header = new SpoolCheckpoint();
            using var file = _segments.OpenSegment(number);
            if (file is null)
                continue;
            // Only the last segment with content need be read whole: its first line says how things stood before it.
            var isLast = _segments.Segments.Last(s => s.Size > 0).Number == number;
            var lines = new LineScanner(file, EventLimits.StoredLine);
            while (lines.TryRead(out var line))
            {
                _ = header.TryApply(line);
                _ = _firstEvents.TryAdd(number, header.Events);
                if (!isLast)
                    break;
            }

            if (isLast)
            {
                _checkpoint.Events = header.Events;
                foreach (var position in header.Positions.Values)
                    _checkpoint.Move(position);
            }
        }
    }
}
