using System.Globalization;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Machines.Bases;

/// <summary>Configuration files as dpkg knows them (deb-conffiles(5)): path and MD5 of what the package ships.</summary>
internal static class Conffiles
{
    private const string Status = "/var/lib/dpkg/status";

    /// <summary>All conffiles of installed packages; none on a host without dpkg.</summary>
    internal static IReadOnlyList<(string Path, string Md5)> Read(string hostRoot) =>
        File.Exists(hostRoot + Status) ? Parse(File.ReadLines(hostRoot + Status)) : [];

    internal static IReadOnlyList<(string Path, string Md5)> Parse(IEnumerable<string> lines)
    {
        var list = new List<(string, string)>();
        var inside = false;
        foreach (var line in lines)
        {
            if (!line.StartsWith(' '))
            {
                inside = line == "Conffiles:";
                continue;
            }

            // " /etc/nginx/nginx.conf 1d2...9f", perhaps followed by "obsolete" or "remove-on-upgrade".
            if (!inside)
                continue;
            var fields = line[1..].Split(' ');
            if (fields.Length == 2 && fields[0].StartsWith('/') && fields[1].Length == 32)
                list.Add((fields[0], fields[1]));
        }

        return list;
    }

    /// <summary>Directories below <paramref name="roots"/> that packages ship, parents before children.</summary>
    internal static IReadOnlyList<string> PackageDirectories(string hostRoot, IReadOnlyList<string> roots)
    {
        var info = hostRoot + "/var/lib/dpkg/info";
        if (!Directory.Exists(info))
            return [];
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var list in Directory.EnumerateFiles(info, "*.list"))
        {
            foreach (var line in File.ReadLines(list))
            {
                if (roots.Any(r => PathText.IsWithin(line, r)) && NodeStatus.TryOf(hostRoot + line) is { IsDirectory: true })
                    _ = found.Add(line);
            }
        }

        return [.. found];
    }

    /// <summary>MD5 of a file as dpkg writes it.</summary>
    internal static string Md5(byte[] content)
    {
#pragma warning disable CA5351 // dpkg's own checksum: it compares, it does not defend
        var hash = System.Security.Cryptography.MD5.HashData(content);
#pragma warning restore CA5351
        return Convert.ToHexStringLower(hash).ToLower(CultureInfo.InvariantCulture);
    }
}
