namespace HyperSpector.Engine.Hosts;

/// <summary>Directories that only root may enter.</summary>
public static class PrivateDirectory
{
    /// <summary>0700.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes a directory, parents included, with mode 0700 (also if it existed with another).</summary>
    public static void Create(string path)
    {
        _ = Directory.CreateDirectory(path, Mode);
        File.SetUnixFileMode(path, Mode);
    }

    /// <summary>
    /// Makes a directory that everybody may pass through and only root may list or change: the OCI runtime's second half runs as a
    /// VM's shifted root and reaches the VM's root file system below the run directory by path.
    /// </summary>
    public static void CreatePassage(string path)
    {
        Create(path);
        File.SetUnixFileMode(path, Mode | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    /// <summary>Removes a directory if it is there and empty.</summary>
    public static void RemoveIfEmpty(string path)
    {
        if (Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any())
            Directory.Delete(path);
    }
}
