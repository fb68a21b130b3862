using System.Globalization;

namespace HyperSpector.Engine.Hosts;

/// <summary>
/// Disjoint ranges of 65,536 user ids, one per VM, unique over all hosts of this machine: a range is claimed by a symbolic link that
/// names its owner, made in one step (symlink(2)), so that no crash leaves a claim without an owner. Claims lie below /run, as running
/// VMs do; what outlives a reboot is claimed again by its record.
/// </summary>
public sealed class IdRanges(string directory = IdRanges.DefaultDirectory)
{
    /// <summary>Ids in one range.</summary>
    public const uint Size = 65536;

    private const string DefaultDirectory = "/run/hyperspector-ids";

    // Far above what /etc/subuid and systemd (up to 0x6FFEFFFF for nspawn, from 0x00080000) hand out by default, and below
    // 2^31, which some programs still read as signed.
    private const uint First = 0x7000_0000;
    private const uint Last = 0x7FFE_0000;
    private const uint FirstService = First - Size;

    /// <summary>
    /// A user id outside of every VM's range, unique to the VM that holds the range: for processes of ours that serve it and must
    /// not be mistaken for its own.
    /// </summary>
    public static uint ServiceIdOf(uint first) => FirstService + (first - First) / Size;

    /// <summary>Claims a free range for <paramref name="owner"/> (host/machine); returns its first id.</summary>
    public uint Claim(string owner)
    {
        for (var first = First; first <= Last; first += Size)
        {
            if (TryClaim(first, owner))
                return first;
        }

        throw new IOException($"all {(Last - First) / Size + 1} ranges of user ids are in use: see {directory}");
    }

    /// <summary>Claims a certain range, as a record says; true also when the same owner holds it already.</summary>
    public bool TryClaim(uint first, string owner)
    {
        var path = PathOf(first);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            try
            {
                _ = Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                _ = File.CreateSymbolicLink(path, owner);
                return true;
            }
            catch (DirectoryNotFoundException)
            {
                // Another daemon released the last range and removed the directory in between: once more.
            }
            catch (IOException) when (OwnerOf(path) is not null)
            {
                return OwnerOf(path) == owner;
            }
        }

        return false;
    }

    /// <summary>Gives a range back; not an error if it was not claimed.</summary>
    public void Release(uint first)
    {
        if (!Directory.Exists(directory))
            return;
        File.Delete(PathOf(first));
        try
        {
            Directory.Delete(directory);
        }
        catch (IOException)
        {
            // Others still hold ranges.
        }
    }

    /// <summary>
    /// Gives back what an owner holds whose name begins with <paramref name="prefix"/>, but for <paramref name="used"/>: a daemon that was
    /// killed may have claimed a range for a VM that it had not noted yet.
    /// </summary>
    public void ReleaseStray(string prefix, IEnumerable<uint> used)
    {
        if (!Directory.Exists(directory))
            return;
        var kept = used.ToHashSet();
        foreach (var path in Directory.GetFiles(directory))
        {
            if (uint.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && !kept.Contains(first) && OwnerOf(path)?.StartsWith(prefix, StringComparison.Ordinal) == true)
            {
                Release(first);
            }
        }
    }

    // The text of the link; daemons before wrote it into a file.
    private static string? OwnerOf(string path) =>
        new FileInfo(path).LinkTarget ?? (File.Exists(path) ? File.ReadAllText(path) : null);

    private string PathOf(uint first) => Path.Join(directory, first.ToString(CultureInfo.InvariantCulture));
}
