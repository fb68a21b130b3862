using System.Globalization;
using HyperSpector.Api.Plans;

namespace HyperSpector.Sensor;

/// <summary>
/// Keeps one output of the IDS from growing for ever: renamed away when it is large, and its writers told to open it anew. Nothing is
/// copied or cut, so nothing is lost between a copy and a cut: writers go on in the renamed file until they open the new one, and the
/// reader outside follows the file, not the name. The newest two stay for a reader that is behind; one that it holds open it can read
/// to its end, deleted or not.
/// </summary>
internal sealed class Rotation(SensorOutput output)
{
    private const int Kept = 2;

    /// <summary>Renames the file if it is too large; true if its writers must be told.</summary>
    internal bool TryRotate()
    {
        try
        {
            // No link, FIFO or directory in its place is ours to move.
            var file = new FileInfo(output.Path);
            if (!file.Exists || file.LinkTarget is not null || file.Length < output.Limit)
                return false;
            var numbers = Rotated();
            File.Move(output.Path, Name(numbers.DefaultIfEmpty(0).Max() + 1));
            foreach (var old in numbers.OrderDescending().Skip(Kept - 1))
                File.Delete(Name(old));
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A full or read-only disk: tried again.
            return false;
        }
    }

    private List<int> Rotated()
    {
        var prefix = Path.GetFileName(output.Path) + ".";
        return
        [
            .. Directory.EnumerateFiles(Path.GetDirectoryName(output.Path)!).Select(f => Path.GetFileName(f))
                .Where(f => f.StartsWith(prefix, StringComparison.Ordinal))
                .Select(f => int.TryParse(f[prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0)
                .Where(n => n > 0),
        ];
    }

    private string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"{output.Path}.{number}");
}
