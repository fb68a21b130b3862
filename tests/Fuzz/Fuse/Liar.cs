using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;

namespace HyperSpector.Tests.Fuzz.Fuse;

/// <summary>A tree that answers by chance: wrong lengths, errors that there are not, exceptions.</summary>
internal sealed class Liar(int seed) : IFuseTree
{
    private static readonly Errno[] s_answers = [Errno.None, Errno.None, Errno.None, Errno.ESTALE, Errno.ENOSYS, (Errno)600, (Errno)(-3)];

    private readonly Random _random = new(seed);

    public Errno Lookup(ulong parent, ReadOnlySpan<byte> name, out FuseEntry entry)
    {
        entry = new FuseEntry((ulong)_random.Next(3), 1, new TimeSpan(_random.NextInt64()), TimeSpan.MinValue, Attributes());
        return Answer();
    }

    public void Forget(ulong node, ulong lookups) => _ = Answer();

    public Errno GetAttributes(ulong node, out FuseAttributes attributes, out TimeSpan valid)
    {
        attributes = Attributes();
        valid = TimeSpan.MaxValue;
        return Answer();
    }

    public Errno ReadLink(ulong node, Span<byte> target, out int length) => Answer(target.Length, out length);

    public Errno Open(ulong node, out FuseOpened opened)
    {
        opened = new FuseOpened(1, true, _random.Next(-1, 2));
        return Answer();
    }

    public Errno Read(ulong node, ulong handle, ulong offset, Span<byte> into, out int count) => Answer(into.Length, out count);

    public Errno Seek(ulong node, ulong handle, ulong offset, int whence, out ulong position)
    {
        position = ulong.MaxValue;
        return Answer();
    }

    public void Release(ulong node, ulong handle) => _ = Answer();

    public Errno OpenDirectory(ulong node, out ulong handle)
    {
        handle = 0;
        return Answer();
    }

    public Errno ReadDirectory(ulong node, ulong handle, ulong position, ref DirectoryListing listing)
    {
        while (_random.Next(20) > 0)
        {
            var name = new byte[_random.Next(1, 40)];
            Array.Fill(name, (byte)'x');
            _ = listing.Plus ? listing.TryAdd(name, new FuseEntry(1, 1, default, default, Attributes()), 3) : listing.TryAdd(name, 1, uint.MaxValue, 3);
        }

        if (_random.Next(10) == 0)
            _ = listing.TryAdd("a/b"u8, 1, 0, 3);
        return Answer();
    }

    public void ReleaseDirectory(ulong node, ulong handle) => _ = Answer();

    public Errno GetExtendedAttribute(ulong node, ReadOnlySpan<byte> name, Span<byte> value, out int length) => Answer(value.Length, out length);

    public Errno ListExtendedAttributes(ulong node, Span<byte> names, out int length) => Answer(names.Length, out length);

    public Errno GetFileSystem(ulong node, out FuseFileSystem status)
    {
        status = default;
        return Answer();
    }

    private FuseAttributes Attributes() => new() { Mode = (uint)_random.Next(), Born = _random.Next(2) == 0 ? null : new FuseTime(-1, 1) };

    private Errno Answer() =>
        _random.Next(8) == 0 ? throw new InvalidOperationException("by chance") : s_answers[_random.Next(s_answers.Length)];

    private Errno Answer(int room, out int length)
    {
        length = _random.Next(4) switch { 0 => room, 1 => _random.Next(-2, room + 3), 2 => int.MaxValue, _ => 0 };
        return Answer();
    }
}
