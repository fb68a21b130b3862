using System.Formats.Tar;
using HyperSpector.Engine.Configuration;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Images.Unpacking;

/// <summary>
/// The file system that layers are applied to, one archive after the other (image-spec, layer.md), whiteouts included. It runs as
/// root of a throw-away VM whose root directory is that file system, so no link of an archive leads anywhere else.
/// </summary>
/// <param name="root">Where the tree is; empty when it is this process's root directory.</param>
internal sealed class LayerTree(string root)
{
    private const string Whiteout = ".wh.";
    private const string Opaque = ".wh..wh..opq";
    private const string Reserved = ".wh..wh.";
    private const uint Plain = 0x1ED; // 0755

    private readonly List<(string Path, DateTimeOffset Modified)> _directories = [];
    private HashSet<string> _ofThisLayer = [];
    private long _bytes;
    private int _entries;

    /// <summary>Device nodes that were left out: a VM has a /dev of its own, and cannot make any.</summary>
    internal int DevicesLeftOut { get; private set; }

    /// <summary>Applies one layer.</summary>
    /// <exception cref="ImageException">The archive is none, or asks for something that no layer may.</exception>
    internal void Apply(Stream archive)
    {
        _ofThisLayer = [];
        try
        {
            using var reader = new TarReader(archive, leaveOpen: true);
            while (reader.GetNextEntry() is { } entry)
                Apply(entry);
        }
        catch (Exception wrong) when (wrong is InvalidDataException or EndOfStreamException or FormatException or ArithmeticException or ArgumentException or NotSupportedException)
        {
            throw new ImageException($"its archive is damaged: {Quoted.Text(wrong.Message)}");
        }
    }

    /// <summary>What can only be set when nothing is put into directories any more.</summary>
    internal void Finish()
    {
        foreach (var (path, modified) in Enumerable.Reverse(_directories))
        {
            if (NodeStatus.TryOf(path) is { IsDirectory: true })
                Nodes.SetModified(path, modified.ToUnixTimeSeconds());
        }
    }

    private void Apply(TarEntry entry)
    {
        if (entry.EntryType == TarEntryType.GlobalExtendedAttributes)
            return;
        if (++_entries > UnpackingLimits.Entries || (_bytes += entry.Length) > UnpackingLimits.Bytes)
            throw new ImageException($"its layers hold more than {UnpackingLimits.Entries} files or {UnpackingLimits.Bytes >> 30} GiB");
        var inside = Normal(entry.Name);
        // Links of the archive may lead anywhere, in circles too: whatever the kernel says of a path is said of the image.
        try
        {
            Apply(entry, inside);
        }
        catch (Exception refused) when (refused is Linux.KernelException or UnauthorizedAccessException or (IOException and not ImageException and not EndOfStreamException))
        {
            throw new ImageException($"{Quoted.Text(entry.Name)} cannot be made: {Quoted.Text(refused.Message)}");
        }
    }

    private void Apply(TarEntry entry, string inside)
    {
        var name = Path.GetFileName(inside);
        if (name.StartsWith(Whiteout, StringComparison.Ordinal))
        {
            Hide(Path.GetDirectoryName(inside) ?? "", name);
            return;
        }

        if (inside.Length == 0 && entry.EntryType is not (TarEntryType.Directory or TarEntryType.DirectoryList))
            throw new ImageException("the root of the image would be no directory");
        MakeParents(inside);
        Make(entry, $"{root}/{inside}");
        _ = _ofThisLayer.Add(inside);
    }

    private void Make(TarEntry entry, string path)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.Directory or TarEntryType.DirectoryList:
                if (NodeStatus.TryOf(path) is not { IsDirectory: true })
                {
                    Remove(path);
                    _ = Directory.CreateDirectory(path);
                }

                _directories.Add((path, entry.ModificationTime));
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                Remove(path);
                using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
                    entry.DataStream?.CopyTo(file);
                break;
            case TarEntryType.HardLink:
                var target = $"{root}/{Normal(entry.LinkName)}";
                if (target == path)
                    return;
                Remove(path);
                Nodes.Link(target, path);
                return;
            case TarEntryType.SymbolicLink:
                Remove(path);
                Nodes.LinkTo(entry.LinkName, path);
                Nodes.Own(path, Id(entry.Uid), Id(entry.Gid));
                return;
            case TarEntryType.Fifo:
                Remove(path);
                _ = Nodes.MakeFifo(path, Plain);
                break;
            case TarEntryType.CharacterDevice or TarEntryType.BlockDevice:
                DevicesLeftOut++;
                return;
            default:
                throw new ImageException($"{Quoted.Text(entry.Name)} is of a kind that no layer may hold ({entry.EntryType})");
        }

        Nodes.Own(path, Id(entry.Uid), Id(entry.Gid));
        // After the owner: chown(2) clears set-user-id.
        Nodes.SetMode(path, (uint)entry.Mode);
        Nodes.SetModified(path, entry.ModificationTime.ToUnixTimeSeconds());
    }

    // Hides what lower layers have there; what this layer has brought stays, in whatever order the archive tells of it.
    private void Hide(string directory, string name)
    {
        if (name == Opaque)
        {
            var path = directory.Length == 0 ? $"{root}/" : $"{root}/{directory}";
            if (NodeStatus.TryOf(path) is not { IsDirectory: true })
                return;
            foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos().ToList())
                RemoveLower(directory.Length == 0 ? entry.Name : $"{directory}/{entry.Name}");
        }
        else if (!name.StartsWith(Reserved, StringComparison.Ordinal))
        {
            var hidden = name[Whiteout.Length..];
            if (hidden is "" or "." or "..")
                throw new ImageException($"whiteout {Quoted.Text(name)} names no file");
            RemoveLower(directory.Length == 0 ? hidden : $"{directory}/{hidden}");
        }
    }

    private void RemoveLower(string inside)
    {
        var path = $"{root}/{inside}";
        if (!_ofThisLayer.Contains(inside) && !_ofThisLayer.Any(p => p.StartsWith(inside + "/", StringComparison.Ordinal)))
        {
            Remove(path);
        }
        else if (NodeStatus.TryOf(path) is { IsDirectory: true })
        {
            foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos().ToList())
                RemoveLower($"{inside}/{entry.Name}");
        }
    }

    private static void Remove(string path)
    {
        switch (NodeStatus.TryOf(path))
        {
            case null:
                break;
            case { IsDirectory: true }:
                Directory.Delete(path, recursive: true);
                break;
            default:
                File.Delete(path);
                break;
        }
    }

    private void MakeParents(string inside)
    {
        if (Path.GetDirectoryName(inside) is { Length: > 0 } parent && !Path.Exists($"{root}/{parent}"))
            _ = Directory.CreateDirectory($"{root}/{parent}");
    }

    /// <summary>An entry's path below the root; empty for the root itself.</summary>
    internal static string Normal(string name)
    {
        var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".").ToList();
        if (parts.Contains("..") || name.Contains('\0', StringComparison.Ordinal))
            throw new ImageException($"{Quoted.Text(name)} would lie outside of the image");
        return string.Join('/', parts);
    }

    private static uint Id(int id) => id is >= 0 and < (int)Hosts.IdRanges.Size
        ? (uint)id
        : throw new ImageException($"a file belongs to user or group {id}; a VM has the ids 0 to {Hosts.IdRanges.Size - 1}");
}

/// <summary>What unpacking an image may cost: a few KiB of gzip can promise terabytes.</summary>
internal static class UnpackingLimits
{
    internal const int Entries = 5_000_000;
    internal const long Bytes = 64L << 30;
}
