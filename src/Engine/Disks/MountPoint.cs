using System.Text;

namespace HyperSpector.Engine.Disks;

/// <summary>A place in a view at which, or below which, something is mounted.</summary>
internal sealed class MountPoint
{
    private readonly Dictionary<byte[], MountPoint> _below = new(ByteNames.Comparer);

    /// <summary>What is mounted here; null: only something below.</summary>
    internal DiskMount? Mount { get; set; }

    /// <summary>The server VM whose tree this is in; null above the roots of several.</summary>
    internal ServerDisk? Disk { get; private set; }

    /// <summary>Names of the next places.</summary>
    internal IEnumerable<byte[]> Names => _below.Keys;

    /// <summary>The place of that name; null if there is none.</summary>
    internal MountPoint? Find(ReadOnlySpan<byte> name) =>
        _below.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var found) ? found : null;

    /// <summary>All mounts of the servers, each below the directory that it is given.</summary>
    internal static MountPoint Of(IReadOnlyList<ServerDisk> disks)
    {
        var root = new MountPoint();
        var index = 0;
        foreach (var disk in disks)
        {
            var top = disk.Directory is { } directory ? root.Add(Encoding.UTF8.GetBytes(directory)) : root;
            top.Disk = disk;
            foreach (var mount in disk.Mounts)
            {
                var place = top;
                foreach (var name in mount.Path.Split('/', StringSplitOptions.RemoveEmptyEntries))
                    place = place.Add(Encoding.UTF8.GetBytes(name));
                place.Mount = mount;
                mount.Index = index++;
            }
        }

        return root;
    }

    private MountPoint Add(byte[] name)
    {
        if (!_below.TryGetValue(name, out var place))
            _below[name] = place = new MountPoint();
        place.Disk ??= Disk;
        return place;
    }
}
