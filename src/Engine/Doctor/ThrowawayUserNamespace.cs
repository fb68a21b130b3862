using System.Diagnostics;
using HyperSpector.Linux;
using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Engine.Doctor;

/// <summary>
/// A user namespace with the 65,536 ids of a VM. A process of several threads cannot unshare one (unshare(2), EINVAL), so a
/// child holds it until the descriptor is open.
/// </summary>
internal sealed class ThrowawayUserNamespace : IDisposable
{
    private const string Map = "0 1000000 65536\n";

    internal ThrowawayUserNamespace()
    {
        var unshare = Tool.Find("unshare") ?? throw new IOException("cannot be tried: program 'unshare' is not installed");
        var (read, write) = Pipe.Create();
        using var keptOpen = write;
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        ChildProcess child;
        using (read)
            child = Spawn.Start(new SpawnRequest { Program = unshare, Arguments = ["--user", "cat"], Descriptors = [(0, read), (1, nothing), (2, nothing)] });
        using (child)
        {
            try
            {
                Enter(child.Pid);
                Descriptor = Files.OpenRead($"/proc/{child.Pid}/ns/user");
            }
            finally
            {
                keptOpen.Dispose(); // the end of its input ends cat
                if (child.Wait(TimeSpan.FromSeconds(1)) is null)
                {
                    const int SIGKILL = 9;
                    _ = child.PidFd.Signal(SIGKILL);
                    _ = child.Wait(Timeout.InfiniteTimeSpan);
                }
            }
        }
    }

    /// <summary>The namespace.</summary>
    internal FileDescriptor Descriptor { get; }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    private static void Enter(int pid)
    {
        var ours = new FileInfo("/proc/self/ns/user").LinkTarget;
        var started = Stopwatch.GetTimestamp();
        while (new FileInfo($"/proc/{pid}/ns/user").LinkTarget is not { } theirs || theirs == ours)
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(1))
                throw new KernelException("unshare", Errno.EPERM, "a user namespace");
            Thread.Sleep(1);
        }

        File.WriteAllText($"/proc/{pid}/uid_map", Map);
        File.WriteAllText($"/proc/{pid}/gid_map", Map);
    }
}
