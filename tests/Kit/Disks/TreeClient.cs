using System.Security.Cryptography;
using System.Text;
using HyperSpector.Engine.Disks;
using HyperSpector.Engine.Fuse;
using HyperSpector.Linux;
using HyperSpector.Linux.Inodes;

namespace HyperSpector.Tests.Kit.Disks;

/// <summary>
/// Uses a tree as the kernel would: keeps names and attributes for as long as it may and drops what it is told to drop. What it says of
/// the tree is wrong exactly when a process in the IDS VM would see something wrong.
/// </summary>
public sealed class TreeClient : IViewCache
{
    // Shorter times are a promise of another kind: they pass.
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(ulong Parent, string Name), FuseEntry> _entries = [];
    private readonly Dictionary<ulong, FuseAttributes> _attributes = [];
    private readonly Dictionary<ulong, ulong> _lookups = [];
    private readonly Dictionary<ulong, List<string>> _listings = [];
    private readonly Dictionary<ulong, byte[]> _data = [];
    private readonly Dictionary<ulong, int> _drops = [];

    /// <summary>The tree; set it before anything else.</summary>
    public IFuseTree Tree { get; set; } = null!;

    /// <summary>Answers that came from what is kept.</summary>
    public int Kept { get; private set; }

    void IViewCache.DropEntry(ulong directory, ReadOnlySpan<byte> name)
    {
        lock (_lock)
            _ = _entries.Remove((directory, Convert.ToHexString(name)));
    }

    void IViewCache.DropNode(ulong node)
    {
        lock (_lock)
        {
            _ = _data.Remove(node);
            _ = _attributes.Remove(node);
            _ = _listings.Remove(node);
            _drops[node] = _drops.GetValueOrDefault(node) + 1;
        }
    }

    /// <summary>Everything that is there, as <see cref="TreeWorker.Walk"/> tells it.</summary>
    public IReadOnlyList<string> Walk()
    {
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var pending = new Stack<(string Path, ulong Node)>([("", 1UL)]);
        while (pending.TryPop(out var at))
        {
            lines[at.Path] = $"{at.Path} {Tell(at.Node, out var isDirectory)}";
            if (!isDirectory)
                continue;
            foreach (var name in List(at.Node))
            {
                if (Find(at.Node, name) is { } entry)
                    pending.Push((at.Path.Length == 0 ? name : $"{at.Path}2f{name}", entry.Node));
            }
        }

        return [.. lines.Values];
    }

    /// <summary>What a path leads to; null: nothing. Links are not followed.</summary>
    public FuseEntry? Find(string path)
    {
        var at = new FuseEntry { Node = 1 };
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Find(at.Node, Convert.ToHexStringLower(Encoding.UTF8.GetBytes(name))) is not { } next)
                return null;
            at = next;
        }

        return at;
    }

    /// <summary>The attributes of what a path leads to.</summary>
    public FuseAttributes AttributesOf(string path) => AttributesOf(Find(path)!.Value.Node);

    /// <summary>The content of a file.</summary>
    public byte[] Read(ulong node)
    {
        var errno = Tree.Open(node, out var opened);
        var keeps = errno == Errno.ENOSYS;
        if (!keeps)
            Check(errno);
        int drops;
        lock (_lock)
        {
            if (keeps && _data.TryGetValue(node, out var kept))
            {
                Kept++;
                return kept;
            }

            drops = _drops.GetValueOrDefault(node);
            // Attributes and data are told together; what is kept for a moment only is tested by real kernels.
            keeps &= _attributes.ContainsKey(node);
        }

        using var content = new MemoryStream();
        var buffer = new byte[4096];
        int count;
        do
        {
            Check(Tree.Read(node, opened.Handle, (ulong)content.Length, buffer, out count));
            content.Write(buffer, 0, count);
        }
        while (count > 0);
        Tree.Release(node, opened.Handle);
        lock (_lock)
        {
            if (keeps && drops == _drops.GetValueOrDefault(node))
                _data[node] = content.ToArray();
        }

        return content.ToArray();
    }

    /// <summary>Names in a directory, in hex.</summary>
    public IReadOnlyList<string> List(ulong node)
    {
        var keeps = Tree.KeepsListing(node);
        int drops;
        lock (_lock)
        {
            if (keeps && _listings.TryGetValue(node, out var kept))
                return kept;
            drops = _drops.GetValueOrDefault(node);
        }

        Check(Tree.OpenDirectory(node, out var handle));
        var names = new List<string>();
        var buffer = new byte[8192];
        ulong position = 0;
        while (true)
        {
            var listing = new DirectoryListing(buffer, plus: false);
            Check(Tree.ReadDirectory(node, handle, position, ref listing));
            if (listing.Length == 0)
                break;
            for (var at = 0; at < listing.Length;)
            {
                // struct fuse_dirent: u64 inode, u64 offset, u32 name length, u32 type, name; padded to eight bytes.
                position = BitConverter.ToUInt64(buffer, at + 8);
                var length = BitConverter.ToInt32(buffer, at + 16);
                var name = Convert.ToHexStringLower(buffer, at + 24, length);
                if (name is not ("2e" or "2e2e"))
                    names.Add(name);
                at += (24 + length + 7) & ~7;
            }
        }

        Tree.ReleaseDirectory(node, handle);
        // As the kernel: what was dropped while it was read is not kept.
        lock (_lock)
        {
            if (keeps && drops == _drops.GetValueOrDefault(node))
                _listings[node] = names;
        }

        return names;
    }

    /// <summary>An extended attribute as text; null: there is none.</summary>
    public string? Attribute(ulong node, string name)
    {
        var value = new byte[4096];
        var errno = Tree.GetExtendedAttribute(node, Encoding.UTF8.GetBytes(name), value, out var length);
        if (errno == Errno.ENODATA)
            return null;
        Check(errno);
        return Encoding.UTF8.GetString(value, 0, length);
    }

    /// <summary>How often attributes and data of a node were withdrawn.</summary>
    public int DropsOf(ulong node)
    {
        lock (_lock)
            return _drops.GetValueOrDefault(node);
    }

    /// <summary>Gives back everything.</summary>
    public void ForgetAll()
    {
        List<(ulong, ulong)> known;
        lock (_lock)
        {
            _entries.Clear();
            _attributes.Clear();
            _data.Clear();
            known = [.. _lookups.Select(l => (l.Key, l.Value))];
            _lookups.Clear();
        }

        foreach (var (node, count) in known)
            Tree.Forget(node, count);
    }

    private FuseEntry? Find(ulong parent, string name)
    {
        var key = (parent, name.ToUpperInvariant());
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var kept))
            {
                Kept++;
                return kept.Node == 0 ? null : kept;
            }
        }

        var errno = Tree.Lookup(parent, Convert.FromHexString(name), out var entry);
        if (errno == Errno.ENOENT)
            return null;
        Check(errno);
        lock (_lock)
        {
            if (entry.Node != 0)
                _lookups[entry.Node] = _lookups.GetValueOrDefault(entry.Node) + 1;
            if (entry.EntryValid > Long)
                _entries[key] = entry;
            if (entry.Node != 0 && entry.AttributesValid > Long)
                _attributes[entry.Node] = entry.Attributes;
        }

        return entry.Node == 0 ? null : entry;
    }

    private FuseAttributes AttributesOf(ulong node)
    {
        lock (_lock)
        {
            if (_attributes.TryGetValue(node, out var kept))
            {
                Kept++;
                return kept;
            }
        }

        Check(Tree.GetAttributes(node, out var attributes, out var valid));
        if (valid > Long)
        {
            lock (_lock)
                _attributes[node] = attributes;
        }

        return attributes;
    }

    private string Tell(ulong node, out bool isDirectory)
    {
        var a = AttributesOf(node);
        var type = a.Mode & InodeStatus.TypeMask;
        isDirectory = type == InodeStatus.Directory;
        var major = (a.Device >> 8) & 0xFFF;
        var minor = (a.Device & 0xFF) | ((a.Device >> 12) & ~0xFFu);
        var text = new StringBuilder().Append(
            $"{a.Mode} {a.Inode} {a.Links} {a.User} {a.Group} {(isDirectory ? 0 : a.Size)} {Nanoseconds(a.Modified)} {Nanoseconds(a.Changed)} {major} {minor}");
        if (type == InodeStatus.Link)
        {
            var target = new byte[4096];
            Check(Tree.ReadLink(node, target, out var length));
            _ = text.Append(' ').Append(Convert.ToHexStringLower(target, 0, length));
        }
        else if (type == InodeStatus.Regular)
        {
            _ = text.Append(' ').Append(Convert.ToHexStringLower(SHA256.HashData(Read(node))));
        }

        var names = new byte[4096];
        Check(Tree.ListExtendedAttributes(node, names, out var listed));
        foreach (var name in Encoding.UTF8.GetString(names, 0, listed).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal))
        {
            var value = new byte[4096];
            Check(Tree.GetExtendedAttribute(node, Encoding.UTF8.GetBytes(name), value, out var length));
            _ = text.Append(' ').Append(name).Append('=').Append(Convert.ToHexStringLower(value, 0, length));
        }

        return text.ToString();
    }

    private static long Nanoseconds(FuseTime time) => (time.Seconds * 1_000_000_000) + time.Nanoseconds;

    private static void Check(Errno errno)
    {
        if (errno != Errno.None)
            throw new KernelException("tree", errno);
    }
}
