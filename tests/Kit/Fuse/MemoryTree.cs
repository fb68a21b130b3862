using System.Text;
using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;

namespace HyperSpector.Tests.Kit.Fuse;

/// <summary>A small tree in memory. It may be changed while it is shown; only whoever changes it tells the kernel.</summary>
public sealed class MemoryTree : IFuseTree
{
    private readonly Lock _guard = new();
    private readonly List<MemoryNode> _nodes = [];
    private int _open;

    /// <summary>A root without anything.</summary>
    public MemoryTree() => Root = New(MemoryNode.Directory | 0x1ed, null);

    /// <summary>The root.</summary>
    public MemoryNode Root { get; }

    /// <summary>How long names lead where they do.</summary>
    public TimeSpan EntryValid { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long attributes hold.</summary>
    public TimeSpan AttributesValid { get; set; } = TimeSpan.FromDays(1);

    /// <summary>May the kernel keep listings?</summary>
    public bool KeepsListings { get; set; }

    /// <summary>Thrown by every member but <see cref="Forget"/>.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Open files and directories.</summary>
    public int OpenCount => Volatile.Read(ref _open);

    /// <summary>Lookups and listed entries so far.</summary>
    public long LookupCount { get; private set; }

    /// <summary>Calls of <see cref="GetAttributes"/> so far.</summary>
    public long AttributeCount { get; private set; }

    /// <summary>Calls of <see cref="ReadDirectory"/> so far.</summary>
    public long ListingCount { get; private set; }

    /// <summary>References that the kernel has to all nodes.</summary>
    public long Lookups
    {
        get
        {
            lock (_guard)
                return _nodes.Sum(n => n.Lookups);
        }
    }

    /// <summary>Adds a directory.</summary>
    public MemoryNode AddDirectory(MemoryNode parent, string name) => Add(parent, name, MemoryNode.Directory | 0x1ed);

    /// <summary>Adds a file.</summary>
    public MemoryNode AddFile(MemoryNode parent, string name, byte[] content)
    {
        var node = Add(parent, name, MemoryNode.Regular | 0x1a4);
        node.Content = content;
        return node;
    }

    /// <summary>Adds a file of text.</summary>
    public MemoryNode AddFile(MemoryNode parent, string name, string content) => AddFile(parent, name, Encoding.UTF8.GetBytes(content));

    /// <summary>Adds a symbolic link.</summary>
    public MemoryNode AddLink(MemoryNode parent, string name, string target)
    {
        var node = Add(parent, name, MemoryNode.Link | 0x1ff);
        node.Content = Encoding.UTF8.GetBytes(target);
        return node;
    }

    /// <summary>Adds anything.</summary>
    public MemoryNode Add(MemoryNode parent, string name, uint mode)
    {
        lock (_guard)
        {
            var node = New(mode, parent);
            parent.Children.Add(name, node);
            parent.Order.Add((Encoding.Latin1.GetBytes(name), node));
            return node;
        }
    }

    /// <summary>Removes a name.</summary>
    public void Remove(MemoryNode parent, string name)
    {
        lock (_guard)
        {
            if (!parent.Children.Remove(name, out var node))
                throw new ArgumentException(name, nameof(name));
            parent.Order[parent.Order.FindIndex(e => e?.Node == node)] = null;
        }
    }

    /// <inheritdoc/>
    public Errno Lookup(ulong parent, ReadOnlySpan<byte> name, out FuseEntry entry)
    {
        entry = default;
        Fail();
        Span<char> text = stackalloc char[name.Length];
        for (var i = 0; i < text.Length; i++)
            text[i] = (char)name[i];
        lock (_guard)
        {
            if (Find(parent) is not { } directory)
                return Errno.ESTALE;
            if (!directory.Is(MemoryNode.Directory))
                return Errno.ENOTDIR;
            entry = directory.Children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var node)
                ? Referred(node)
                : new FuseEntry(0, 0, EntryValid, default, default);
            return Errno.None;
        }
    }

    /// <inheritdoc/>
    public void Forget(ulong node, ulong lookups)
    {
        lock (_guard)
        {
            if (Find(node) is { } found)
                found.Lookups = Math.Max(0, found.Lookups - (long)Math.Min(lookups, long.MaxValue));
        }
    }

    /// <inheritdoc/>
    public Errno GetAttributes(ulong node, out FuseAttributes attributes, out TimeSpan valid)
    {
        attributes = default;
        valid = AttributesValid;
        Fail();
        lock (_guard)
        {
            AttributeCount++;
            if (Find(node) is not { } found)
                return Errno.ESTALE;
            attributes = found.Current;
            return Errno.None;
        }
    }

    /// <inheritdoc/>
    public Errno ReadLink(ulong node, Span<byte> target, out int length) => Copy(Find(node)?.Content, 0, target, out length);

    /// <inheritdoc/>
    public Errno Open(ulong node, out FuseOpened opened)
    {
        opened = default;
        Fail();
        if (Find(node) is not { } found)
            return Errno.ESTALE;
        if (!found.Is(MemoryNode.Regular))
            return Errno.EACCES;
        _ = Interlocked.Increment(ref _open);
        opened = new FuseOpened(node, KeepCache: true, found.BackingId);
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno Read(ulong node, ulong handle, ulong offset, Span<byte> into, out int count) => Copy(Find(handle)?.Content, offset, into, out count);

    /// <inheritdoc/>
    public Errno Seek(ulong node, ulong handle, ulong offset, int whence, out ulong position)
    {
        position = 0;
        Fail();
        if (Find(handle) is not { } found || offset >= (ulong)found.Content.Length)
            return Errno.ENXIO;
        const int SEEK_DATA = 3;
        position = whence == SEEK_DATA ? offset : (ulong)found.Content.Length;
        return Errno.None;
    }

    /// <inheritdoc/>
    public void Release(ulong node, ulong handle) => _ = Interlocked.Decrement(ref _open);

    /// <inheritdoc/>
    public Errno OpenDirectory(ulong node, out ulong handle)
    {
        handle = node;
        Fail();
        if (Find(node) is not { } found)
            return Errno.ESTALE;
        if (!found.Is(MemoryNode.Directory))
            return Errno.ENOTDIR;
        _ = Interlocked.Increment(ref _open);
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno ReadDirectory(ulong node, ulong handle, ulong position, ref DirectoryListing listing)
    {
        lock (_guard)
        {
            ListingCount++;
            if (Find(handle) is not { } found)
                return Errno.ESTALE;
            if (position == 0 && listing.TryAdd("."u8, found.Attributes.Inode, MemoryNode.Directory, 1))
                position = 1;
            if (position == 1 && listing.TryAdd(".."u8, found.Parent.Attributes.Inode, MemoryNode.Directory, 2))
                position = 2;
            for (var i = position; i >= 2 && i - 2 < (ulong)found.Order.Count; i++)
            {
                if (found.Order[(int)(i - 2)] is not { } child)
                    continue;
                if (!listing.Fits(child.Name.Length))
                    break;
                _ = listing.Plus
                    ? listing.TryAdd(child.Name, Referred(child.Node), i + 1)
                    : listing.TryAdd(child.Name, child.Node.Attributes.Inode, child.Node.Attributes.Mode, i + 1);
            }

            Fail();
            return Errno.None;
        }
    }

    /// <inheritdoc/>
    public void ReleaseDirectory(ulong node, ulong handle) => _ = Interlocked.Decrement(ref _open);

    /// <inheritdoc/>
    public Errno GetExtendedAttribute(ulong node, ReadOnlySpan<byte> name, Span<byte> value, out int length)
    {
        length = 0;
        Fail();
        return Find(node)?.ExtendedAttributes.TryGetValue(Encoding.UTF8.GetString(name), out var found) == true
            ? Whole(found, value, out length)
            : Errno.ENODATA;
    }

    /// <inheritdoc/>
    public Errno ListExtendedAttributes(ulong node, Span<byte> names, out int length)
    {
        length = 0;
        Fail();
        return Find(node) is { } found
            ? Whole(Encoding.UTF8.GetBytes(string.Concat(found.ExtendedAttributes.Keys.Select(k => k + "\0"))), names, out length)
            : Errno.ESTALE;
    }

    /// <inheritdoc/>
    public Errno GetFileSystem(ulong node, out FuseFileSystem status)
    {
        Fail();
        status = new FuseFileSystem(1000, 100, 90, (ulong)_nodes.Count, 0, 4096, 255, 4096);
        return Errno.None;
    }

    /// <inheritdoc/>
    public bool KeepsListing(ulong node) => KeepsListings;

    /// <inheritdoc/>
    public Errno GetFlags(ulong node, out uint flags)
    {
        Fail();
        flags = Find(node)?.Flags ?? 0;
        return Errno.None;
    }

    private FuseEntry Referred(MemoryNode node)
    {
        LookupCount++;
        node.Lookups++;
        return new FuseEntry(node.Id, 0, EntryValid, AttributesValid, node.Current);
    }

    private MemoryNode New(uint mode, MemoryNode? parent)
    {
        var node = new MemoryNode((ulong)_nodes.Count + 1, mode, parent);
        _nodes.Add(node);
        return node;
    }

    private MemoryNode? Find(ulong id)
    {
        lock (_guard)
            return id - 1 < (ulong)_nodes.Count ? _nodes[(int)(id - 1)] : null;
    }

    private Errno Copy(byte[]? from, ulong offset, Span<byte> into, out int count)
    {
        count = 0;
        Fail();
        if (from is null)
            return Errno.ESTALE;
        var rest = offset < (ulong)from.Length ? from.AsSpan((int)offset) : default;
        count = Math.Min(rest.Length, into.Length);
        rest[..count].CopyTo(into);
        return Errno.None;
    }

    private static Errno Whole(byte[] from, Span<byte> into, out int length)
    {
        length = from.Length;
        if (into.IsEmpty)
            return Errno.None;
        return from.AsSpan().TryCopyTo(into) ? Errno.None : Errno.ERANGE;
    }

    private void Fail()
    {
        if (Failure is { } failure)
            throw failure;
    }
}
