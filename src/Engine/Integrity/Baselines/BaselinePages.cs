using HyperSpector.Linux.Cryptography;

namespace HyperSpector.Engine.Integrity.Baselines;

/// <summary>The data of a baseline, page by page, each held against its digest when it is read; a bounded number of them stays.</summary>
internal sealed class BaselinePages(IBaselineBytes bytes, long start, long length, byte[] digests) : IDisposable
{
    // 16 MiB: the records of a hundred thousand files.
    private const int MostPages = 256;

    private readonly Dictionary<int, (byte[] Bytes, long Used)> _pages = [];
    private readonly Sha256 _hash = new();
    private long _clock;
    private (int Number, byte[] Bytes) _last = (-1, []);

    /// <summary>Some bytes that lie within one page.</summary>
    internal ReadOnlySpan<byte> Within(long offset, int count) =>
        Page((int)(offset / BaselineFormat.PageSize)).AsSpan((int)(offset % BaselineFormat.PageSize), count);

    /// <summary>Some bytes that may lie in several.</summary>
    internal byte[] Copy(long offset, int count)
    {
        var result = new byte[count];
        for (var done = 0; done < count;)
        {
            var at = (int)((offset + done) % BaselineFormat.PageSize);
            var page = Page((int)((offset + done) / BaselineFormat.PageSize));
            var part = Math.Min(count - done, page.Length - at);
            page.AsSpan(at, part).CopyTo(result.AsSpan(done));
            done += part;
        }

        return result;
    }

    public void Dispose()
    {
        _hash.Dispose();
        bytes.Dispose();
    }

    private byte[] Page(int number)
    {
        if (_last.Number == number)
            return _last.Bytes;
        if (_pages.TryGetValue(number, out var known))
        {
            _pages[number] = (known.Bytes, ++_clock);
            _last = (number, known.Bytes);
            return known.Bytes;
        }

        var offset = (long)number * BaselineFormat.PageSize;
        var page = new byte[Math.Min(BaselineFormat.PageSize, length - offset)];
        var digest = new byte[Sha256.Size];
        if (bytes.TryRead(start + offset, page))
        {
            _hash.Add(page);
            _hash.Finish(digest);
        }

        if (!digest.AsSpan().SequenceEqual(digests.AsSpan(number * Sha256.Size, Sha256.Size)))
            throw Baseline.Damaged($"page {number} is not what it was");
        if (_pages.Count == MostPages)
            _ = _pages.Remove(_pages.MinBy(p => p.Value.Used).Key);
        _pages[number] = (page, ++_clock);
        _last = (number, page);
        return page;
    }
}
