namespace HyperSpector.Linux.Calls;

/// <summary>Owners of files (chown(2)).</summary>
public static class Ownership
{
    /// <summary>Gives a file to a user and the group of the same number; a symlink itself, never its target.</summary>
    public static void Give(string path, uint id) =>
        _ = KernelException.Check(LibC.lchown(path, id, id), "lchown", path);
}
