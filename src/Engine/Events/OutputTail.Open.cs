using System.Globalization;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Events;

// Which file it is: opening, resuming in a renamed one, moving on to its successor.
internal sealed partial class OutputTail
{
    // What a rotation made of a file that was read before.
    private static readonly string[] s_compressed = [".gz", ".xz", ".zst", ".bz2"];

    private bool TryOpen()
    {
        if (_resume is { } resume)
        {
            if (TryFind(resume.File, out _file, out _identity))
            {
                _resume = null;
                Start(resume.Offset);
                return true;
            }

            // The file we stood in is gone, renamed out of the directory or deleted: its successor is read from its start.
            if (TryOpenRegular(_name, report: true, out _file, out _identity))
            {
                _resume = null;
                _sink.Trouble("was replaced while nobody read it: what the old file held at its end is lost if it was not read");
                PreferOlder(resume.File, ref _file, ref _identity);
                Start(0);
                return true;
            }

            return false;
        }

        if (!TryOpenRegular(_name, report: true, out _file, out _identity))
            return false;
        Start(0);
        return true;
    }

    /// <summary>At the end of the file: go on with the one that has taken its name, once that has content.</summary>
    private bool TryMoveOn()
    {
        if (!TryOpenRegular(_name, report: true, out var next, out var identity))
            return false;
        if (identity == _identity || FileStatus.Of(next!).Size == 0)
        {
            // A writer told to reopen may still have its last lines on the way while the new file is empty.
            next!.Dispose();
            return false;
        }

        // The new file has content, so nothing more comes into the old one: what came in between is read first.
        if (FileStatus.Of(_file!).Size > _scanned)
        {
            next!.Dispose();
            return true;
        }

        if (!HandOnLastLine())
        {
            next!.Dispose();
            return false;
        }

        PreferOlder(_identity, ref next, ref identity);
        _file!.Dispose();
        (_file, _identity) = (next, identity);
        Start(0);
        return true;
    }

    /// <summary>
    /// The output may have been rotated more than once since we looked. Of the files that bear its name with something appended
    /// and were made after the one that is finished, the oldest comes next.
    /// </summary>
    private void PreferOlder(string finished, ref FileDescriptor? next, ref string identity)
    {
        var after = BirthOf(finished);
        if (after == 0)
            return; // a file system that does not keep it
        // What one look found serves for all that follow: a VM that makes thousands of such names must not cost a look for each. A
        // name that has become another file's since takes one look more.
        if (!TryOpenRotated(after, ref next, ref identity))
        {
            _rotated = new(RotatedBetween(after, BirthOf(identity)).OrderBy(f => f.Birth));
            _ = TryOpenRotated(after, ref next, ref identity);
        }
    }

    private bool TryOpenRotated(long after, ref FileDescriptor? next, ref string identity)
    {
        if (!_rotated.TryDequeue(out var rotated))
            return false;
        if (TryOpenRegular(rotated.Name, report: false, out var candidate, out var found) && BirthOf(found) == rotated.Birth && rotated.Birth > after)
        {
            next!.Dispose();
            (next, identity) = (candidate, found);
            return true;
        }

        candidate?.Dispose();
        _rotated.Clear();
        return false;
    }

    private List<(string Name, long Birth)> RotatedBetween(long after, long before)
    {
        var found = new List<(string, long)>();
        foreach (var name in FileIo.List(_directory, EventLimits.DirectoryEntries))
        {
            if (!name.StartsWith(_name, StringComparison.Ordinal) || name == _name || s_compressed.Any(name.EndsWith)
                || !TryOpenRegular(name, report: false, out var candidate, out var identity))
            {
                continue;
            }

            candidate!.Dispose();
            if (BirthOf(identity) is var birth && birth > after && birth < before)
                found.Add((name, birth));
        }

        return found;
    }

    private static long BirthOf(string identity) =>
        long.TryParse(identity.AsSpan(identity.IndexOf('.', StringComparison.Ordinal) + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var birth)
            ? birth : 0;

    /// <summary>The end of a file that nobody writes to any more is a line, though no newline ends it.</summary>
    private bool HandOnLastLine()
    {
        if (_skipping)
        {
            _sink.TooLong(Position);
            return true;
        }

        if (_scanned == _offset)
            return true;
        var count = FileIo.ReadAt(_file!, _buffer.AsSpan(0, (int)(_scanned - _offset)), _offset);
        return count == 0 || _sink.Accept(_buffer.AsSpan(0, count), Position with { Offset = _offset + count });
    }

    private bool TryFind(string identity, out FileDescriptor? file, out string found)
    {
        if (TryOpenRegular(_name, report: false, out file, out found) && found == identity)
            return true;
        file?.Dispose();
        foreach (var name in FileIo.List(_directory, EventLimits.DirectoryEntries))
        {
            if (TryOpenRegular(name, report: false, out file, out found) && found == identity)
                return true;
            file?.Dispose();
        }

        file = null;
        found = "";
        return false;
    }

    private bool TryOpenRegular(string name, bool report, out FileDescriptor? file, out string identity)
    {
        identity = "";
        // Opened before it is known what it is: O_NONBLOCK keeps a FIFO from holding us up; a VM's root cannot make devices.
        var errno = Files.TryOpenUntrusted(_directory, name, out file);
        if (errno != Errno.None)
        {
            if (report && errno != Errno.ENOENT)
                _sink.Trouble(Explain(errno));
            return false;
        }

        var status = FileStatus.Of(file!);
        if (!status.IsRegular)
        {
            if (report)
                _sink.Trouble($"is a {status.TypeName}, not a regular file");
            file!.Dispose();
            file = null;
            return false;
        }

        identity = IdentityOf(status);
        return true;
    }

    private static string Explain(Errno errno) => errno switch
    {
        Errno.ELOOP => "is a symbolic link, not a regular file",
        Errno.EACCES => "may not be read by the VM's root without capabilities: mend its owner or mode",
        Errno.ENXIO => "is a socket or device, not a regular file",
        _ => $"cannot be opened ({errno})",
    };
}
