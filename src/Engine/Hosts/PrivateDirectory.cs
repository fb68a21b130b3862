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

    /// <summary>Removes a directory if it is there and empty.</summary>
    public static void RemoveIfEmpty(string path)
    {
        if (Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any())
            Directory.Delete(path);
    }
}
