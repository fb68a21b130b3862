using System.Globalization;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Linux.Handles;

/// <summary>
/// A user namespace that exists only to carry a mapping for idmapped mounts: <c>stored</c> ids on the file system appear as
/// <c>shown</c> ids.
/// </summary>
public static class IdMapping
{
    /// <summary>Makes the namespace; it lives as long as the descriptor and the mounts that use it.</summary>
    /// <remarks>
    /// A namespace can only be made together with a process (unshare(2) refuses it to a process with threads): unshare(1) starts
    /// cat(1) in one. That cat echoes a byte proves that it runs there; it ends when its pipe does.
    /// </remarks>
    public static FileDescriptor Create(uint stored, uint shown, uint count)
    {
        var program = Tool.Find("unshare") ?? throw new KernelException("execve", Errno.ENOENT, "unshare");
        var (inRead, inWrite) = Pipe.Create();
        var (outRead, outWrite) = Pipe.Create();
        using var output = outRead;
        ChildProcess child;
        using (inRead)
        using (outWrite)
            child = Spawn.Start(new SpawnRequest
            {
                Program = program,
                Arguments = ["--user", "--", "cat"],
                Descriptors = [(0, inRead), (1, outWrite)],
            });
        using (child)
        {
            try
            {
                using (inWrite)
                {
                    Pipe.WriteAll(inWrite, "x"u8);
                    Span<byte> echo = stackalloc byte[1];
                    if (Pipe.Read(outRead, echo) != 1)
                        throw new KernelException("unshare(CLONE_NEWUSER)", Errno.EPERM, "no user namespace could be made");
                    var line = string.Create(CultureInfo.InvariantCulture, $"{stored} {shown} {count}\n");
                    File.WriteAllText($"/proc/{child.Pid}/uid_map", line);
                    File.WriteAllText($"/proc/{child.Pid}/gid_map", line);
                    return new FileDescriptor(KernelException.Check(
                        LibC.open($"/proc/{child.Pid}/ns/user", LibC.O_CLOEXEC, 0), "open", "ns/user"));
                }
            }
            finally
            {
                _ = child.Wait(Timeout.InfiniteTimeSpan);
            }
        }
    }
}
