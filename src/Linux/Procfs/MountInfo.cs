using System.Globalization;
using System.Text;

namespace HyperSpector.Linux.Procfs;

/// <summary>One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).</summary>
/// <param name="Id">Mount id.</param>
/// <param name="Device"><c>major:minor</c>.</param>
/// <param name="Root">The path inside the file system that is mounted.</param>
/// <param name="MountPoint">Where.</param>
/// <param name="Type">File system type.</param>
/// <param name="Source">What, as told to mount(2).</param>
public sealed record MountInfo(int Id, string Device, string Root, string MountPoint, string Type, string Source)
{
    /// <summary>All mounts that the calling process sees, in mount order (a later one at the same place lies on top).</summary>
    public static IReadOnlyList<MountInfo> ReadSelf() => Parse(File.ReadAllLines("/proc/self/mountinfo"));

    /// <summary>Parses the file's lines; ones that do not look like it are left out.</summary>
    public static IReadOnlyList<MountInfo> Parse(IEnumerable<string> lines)
    {
        var list = new List<MountInfo>();
        foreach (var line in lines)
        {
            // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-", Math.Min(6, fields.Length));
            if (dash < 0 || dash + 2 >= fields.Length
                || !int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                continue;
            }

            list.Add(new MountInfo(
                id, fields[2], Unescape(fields[3]), Unescape(fields[4]), fields[dash + 1], Unescape(fields[dash + 2])));
        }

        return list;
    }

    /// <summary>Something is mounted there, in our mount namespace.</summary>
    public static bool IsMountPoint(string path) => ReadSelf().Any(m => m.MountPoint == path);

    /// <summary>True for the directory itself and everything below it.</summary>
    public bool IsWithin(string directory) =>
        MountPoint == directory || MountPoint.StartsWith(directory == "/" ? "/" : directory + "/", StringComparison.Ordinal);

    // Blank, tab, newline and backslash are written as \ooo (octal), byte by byte.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '\\' && i + 3 < bytes.Length && IsOctal(bytes[i + 1]) && IsOctal(bytes[i + 2]) && IsOctal(bytes[i + 3]))
            {
                bytes[length++] = (byte)(((bytes[i + 1] - '0') << 6) | ((bytes[i + 2] - '0') << 3) | (bytes[i + 3] - '0'));
                i += 3;
            }
            else
            {
                bytes[length++] = bytes[i];
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static bool IsOctal(byte b) => b is >= (byte)'0' and <= (byte)'7';
}
