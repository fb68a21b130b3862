using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Calls;

/// <summary>Doing something inside another mount namespace (setns(2)).</summary>
public static class MountNamespace
{
    /// <summary>
    /// Runs an action in a mount namespace, in a thread of its own whose root directory is the namespace's. Paths are those of whoever
    /// lives there: links are not to be followed, <c>/proc</c> is not ours, and nothing there is to be read, run or believed.
    /// </summary>
    public static void Run(FileDescriptor space, Action inside) => _ = NamespaceThread.Run(
        "mount-namespace",
        () =>
        {
            // Threads share their root directory; who shares it cannot enter (setns(2), EINVAL).
            _ = KernelException.Check(LibC.unshare(LibC.CLONE_FS), "unshare(CLONE_FS)", null);
            _ = KernelException.Check(LibC.setns(space.Number, LibC.CLONE_NEWNS), "setns(CLONE_NEWNS)", null);
        },
        () =>
        {
            inside();
            return 0;
        });
}
