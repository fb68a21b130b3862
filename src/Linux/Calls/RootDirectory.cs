namespace HyperSpector.Linux.Calls;

/// <summary>This process's root directory (chroot(2)).</summary>
public static class RootDirectory
{
    /// <summary>Makes a directory the root of all paths, and the working directory: "." outside of the root would be a way out.</summary>
    public static void ChangeTo(string directory)
    {
        _ = KernelException.Check(LibC.chroot(directory), "chroot", directory);
        _ = KernelException.Check(LibC.chdir("/"), "chdir", "/");
    }
}
