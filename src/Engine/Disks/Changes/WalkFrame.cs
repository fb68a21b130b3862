using HyperSpector.Linux;
using HyperSpector.Linux.Handles;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Engine.Disks.Changes;

/// <summary>
/// A directory that is being gone through: the names of some of its layers, each once. Few names are in memory at a time: the server VM decides
/// how many there are, and how deep directories lie in each other.
/// </summary>
internal sealed class WalkFrame : IDisposable
{
    private const int BufferSize = 4096;

    private readonly LayerDirectory[] _sources;
    private readonly Queue<byte[]> _names = [];
    private readonly byte[] _buffer = new byte[BufferSize];
    private FileDescriptor? _listing;
    private int _source = -1;

    /// <summary>Takes ownership of the directory.</summary>
    /// <param name="directory">What to go through.</param>
    /// <param name="whole">Of an aligned directory, also what the server VM has not changed.</param>
    /// <param name="pathAbove">Length of the path without this directory's name.</param>
    internal WalkFrame(ChangeDirectory directory, bool whole, int pathAbove)
    {
        Directory = directory;
        PathAbove = pathAbove;
        _sources = !directory.IsAligned ? [.. directory.Layers, .. directory.Lower]
            : whole ? directory.Layers
            : directory.Upper is null ? [] : directory.Layers[..1];
    }

    /// <summary>What is gone through.</summary>
    internal ChangeDirectory Directory { get; }

    /// <summary>Length of the path without this directory's name.</summary>
    internal int PathAbove { get; }

    /// <summary>The last name came from the first source: the upper layer's, if it has a part.</summary>
    internal bool IsFromFirst => _source == 0;

    /// <summary>What kept a layer from being listed; None: nothing.</summary>
    internal Errno Failure { get; private set; }

    /// <summary>The next name; null: no more.</summary>
    internal byte[]? Next()
    {
        while (true)
        {
            while (_names.TryDequeue(out var name))
            {
                if (!WasSeen(name))
                    return name;
            }

            if (!Fill())
                return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listing?.Dispose();
        Directory.Dispose();
    }

    // In a layer that was listed before. Asked, and not remembered: there may be a million.
    private bool WasSeen(byte[] name)
    {
        for (var i = 0; i < _source; i++)
        {
            if (Inode.TryStat(_sources[i].Reference, name, out _) == Errno.None)
                return true;
        }

        return false;
    }

    private bool Fill()
    {
        while (_names.Count == 0)
        {
            if (_listing is null)
            {
                if (++_source >= _sources.Length)
                    return false;
                Note(Inode.TryList(_sources[_source].Reference, out _listing));
                continue;
            }

            var errno = Inode.TryReadEntries(_listing, _buffer, out var count);
            Note(errno);
            if (errno == Errno.None && count > 0)
            {
                foreach (var name in new DirectoryEntries(_buffer.AsSpan(0, count)))
                    _names.Enqueue(name.ToArray());
                continue;
            }

            _listing.Dispose();
            _listing = null;
        }

        return true;
    }

    // A directory that was removed has no names.
    private void Note(Errno errno)
    {
        if (errno is not (Errno.None or Errno.ENOENT))
            Failure = errno;
    }
}
