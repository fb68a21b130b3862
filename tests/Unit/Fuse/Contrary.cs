using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;

namespace HyperSpector.Tests.Unit.Fuse;

/// <summary>A tree that does what none may: it counts wrong, throws where it cannot, and answers what it is told to.</summary>
internal class Contrary(Errno errno) : IFuseTree
{
    public Errno Lookup(ulong parent, ReadOnlySpan<byte> name, out FuseEntry entry)
    {
        entry = default;
        return errno;
    }

    public void Forget(ulong node, ulong lookups) => throw new InvalidOperationException();

    public Errno GetAttributes(ulong node, out FuseAttributes attributes, out TimeSpan valid)
    {
        attributes = default;
        valid = default;
        return errno;
    }

    public virtual Errno ReadLink(ulong node, Span<byte> target, out int length) => Count(target.Length + 1, out length);

    public virtual Errno Open(ulong node, out FuseOpened opened)
    {
        opened = default;
        return errno;
    }

    public Errno Read(ulong node, ulong handle, ulong offset, Span<byte> into, out int count) => Count(-1, out count);

    public Errno Seek(ulong node, ulong handle, ulong offset, int whence, out ulong position)
    {
        position = 0;
        return errno;
    }

    public void Release(ulong node, ulong handle) => throw new InvalidOperationException();

    public Errno OpenDirectory(ulong node, out ulong handle)
    {
        handle = 0;
        return errno;
    }

    public Errno ReadDirectory(ulong node, ulong handle, ulong position, ref DirectoryListing listing) => errno;

    public void ReleaseDirectory(ulong node, ulong handle) => throw new InvalidOperationException();

    public Errno GetExtendedAttribute(ulong node, ReadOnlySpan<byte> name, Span<byte> value, out int length) => Count(-1, out length);

    public Errno ListExtendedAttributes(ulong node, Span<byte> names, out int length) => Count(names.Length + 1, out length);

    public Errno GetFileSystem(ulong node, out FuseFileSystem status)
    {
        status = default;
        return errno;
    }

    private Errno Count(int wrong, out int count)
    {
        count = wrong;
        return errno;
    }
}
