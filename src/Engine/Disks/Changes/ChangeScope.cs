using System.Text;

namespace HyperSpector.Engine.Disks.Changes;

/// <summary>Which paths are asked for.</summary>
/// <param name="paths">These, and what is below them; none: all.</param>
/// <param name="mounts">Mounts that have no base are entered.</param>
internal sealed class ChangeScope(IReadOnlyList<string> paths, bool mounts)
{
    private readonly List<byte[]> _paths = [.. paths.Select(Normal)];

    /// <summary>Everything but what has no base.</summary>
    internal static ChangeScope Everything { get; } = new([], mounts: false);

    /// <summary>What is mounted without a base is told as if it were added.</summary>
    internal bool EntersMounts => mounts;

    /// <summary>It is asked for.</summary>
    internal bool Contains(ReadOnlySpan<byte> path)
    {
        foreach (var one in _paths)
        {
            if (path.StartsWith(one) && (path.Length == one.Length || path[one.Length] == (byte)'/'))
                return true;
        }

        return _paths.Count == 0;
    }

    /// <summary>"//srv/./x/" is "/srv/x".</summary>
    private static byte[] Normal(string path)
    {
        var parts = path.Split('/').Where(p => p is not ("" or "."));
        return Encoding.UTF8.GetBytes(string.Concat(parts.Select(p => "/" + p)));
    }
}
