using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Integrity.Trees;

/// <summary>The names in a directory, sorted by their bytes, without an object for each: a directory may hold millions.</summary>
internal sealed class NameList
{
    /// <summary>More entries than any directory of a sane server has; they take some 200 MiB here.</summary>
    internal const int MostEntries = 4_000_000;

    internal static readonly NameList Empty = new([], []);

    private readonly byte[] _heap;
    private readonly Name[] _names;

    private NameList(byte[] heap, Name[] names)
    {
        _heap = heap;
        _names = names;
    }

    // Type: DT_* (dirent.h).
    private readonly record struct Name(int Start, ushort Length, byte Type);

    internal int Count => _names.Length;

    /// <summary>Without the zero at its end.</summary>
    internal ReadOnlySpan<byte> this[int index] => _heap.AsSpan(_names[index].Start, _names[index].Length);

    /// <summary>With the zero, as calls want it.</summary>
    internal ReadOnlySpan<byte> WithZero(int index) => _heap.AsSpan(_names[index].Start, _names[index].Length + 1);

    /// <summary>Whether it may be a character device: the file system says so, or does not say.</summary>
    internal bool MayBeCharacterDevice(int index) => _names[index].Type is 0 or 2;

    /// <summary>Whether a name is there.</summary>
    internal bool Contains(ReadOnlySpan<byte> name) => Find(name) >= 0;

    /// <summary>Where a name stands; negative if it does not.</summary>
    internal int Find(ReadOnlySpan<byte> name)
    {
        var (low, high) = (0, _names.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = this[middle].SequenceCompareTo(name);
            if (order == 0)
                return middle;
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    /// <summary>Reads a whole directory; EOVERFLOW if it has too many entries.</summary>
    internal static Errno Read(FileDescriptor directory, byte[] buffer, out NameList list)
    {
        list = Empty;
        var heap = new byte[1024];
        var used = 0;
        var names = new List<Name>();
        var errno = Entries.TryRewind(directory);
        while (errno == Errno.None)
        {
            errno = Entries.TryList(directory, buffer, out var count);
            if (errno != Errno.None || count == 0)
                break;
            ReadOnlySpan<byte> listing = buffer.AsSpan(0, count);
            while (DirectoryEntry.Next(ref listing, out var entry))
            {
                if (used + entry.Name.Length > heap.Length)
                    Array.Resize(ref heap, heap.Length * 2);
                entry.Name.CopyTo(heap.AsSpan(used));
                names.Add(new Name(used, (ushort)(entry.Name.Length - 1), entry.Type));
                used += entry.Name.Length;
            }

            if (names.Count > MostEntries)
                return Errno.EOVERFLOW;
        }

        if (errno != Errno.None)
            return errno;
        names.Sort((a, b) => heap.AsSpan(a.Start, a.Length).SequenceCompareTo(heap.AsSpan(b.Start, b.Length)));
        list = new NameList(heap, Distinct(heap, names));
        return Errno.None;
    }

    // A directory that changes while it is read may give a name twice (readdir(3)).
    private static Name[] Distinct(byte[] heap, List<Name> sorted)
    {
        var kept = 0;
        for (var i = 0; i < sorted.Count; i++)
        {
            var name = heap.AsSpan(sorted[i].Start, sorted[i].Length);
            if (kept == 0 || !heap.AsSpan(sorted[kept - 1].Start, sorted[kept - 1].Length).SequenceEqual(name))
                sorted[kept++] = sorted[i];
        }

        return [.. sorted[..kept]];
    }
}
