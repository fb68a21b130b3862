using System.Collections.Concurrent;
using HyperSpector.Linux.Calls;

namespace HyperSpector.Engine.Machines;

/// <summary>
/// Does a runtime start VMs here? Tried for real: a container with the namespaces, ids and cgroup of a VM is made, started and deleted.
/// Versions and features say little: Debian 12's crun is installed, answers, and refuses hybrid cgroups.
/// </summary>
internal static class RuntimeTrial
{
    // What worked once works; what did not may have been mended.
    private static readonly ConcurrentDictionary<string, bool> s_works = new();

    /// <summary>The runtime of that name, if it works here.</summary>
    /// <exception cref="IOException">It does not: one line.</exception>
    internal static Runtime Usable(string name)
    {
        if (!s_works.ContainsKey(name))
        {
            if (Problem(name, AppContext.BaseDirectory) is { } problem)
                throw new IOException($"runtime {name} {problem}; use 'runtime: runc', or mend it: 'hyperspector doctor' tries it again");
            s_works[name] = true;
        }

        return Runtime.Find(name)!;
    }

    /// <summary>As <see cref="Usable"/>, for a VM that may ask for none.</summary>
    internal static void Check(string machine, string? name)
    {
        try
        {
            _ = name is null ? null : Usable(name);
        }
        catch (IOException refused)
        {
            throw new IOException($"{machine}: {refused.Message}");
        }
    }

    /// <summary>Why a runtime does not work; null if it does.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="programs">Where our own programs are: one of them is what the container runs.</param>
    internal static string? Problem(string name, string programs)
    {
        if (Runtime.Find(name) is not { } runtime)
            return "is not installed";
        var scratch = $"/run/hyperspector-trial-{Environment.ProcessId}-{name}";
        var id = Path.GetFileName(scratch);
        try
        {
            var root = $"{scratch}/state";
            Bundle(scratch, id, Path.Join(programs, "hyperspector-sensor"));
            _ = Directory.CreateDirectory(root);
            try
            {
                using var nothing = Nodes.OpenNull();
                _ = runtime.Create(root, id, scratch, nothing);
                runtime.Start(root, id);
                return null;
            }
            finally
            {
                runtime.Delete(root, id);
                RemoveCgroups(id);
            }
        }
        catch (IOException refused)
        {
            return $"cannot start a VM here: {refused.Message.ReplaceLineEndings(" ").Trim()}";
        }
        finally
        {
            Trees.Remove(scratch);
        }
    }

    // A static program of ours, which ends at once when it is told nonsense: any system's libraries would do, none are needed.
    private static void Bundle(string scratch, string id, string program)
    {
        const UnixFileMode Enterable = (UnixFileMode)0x1ED; // 0755: the container's root is an ordinary user here
        foreach (var directory in (string[])["", "/rootfs", "/rootfs/proc", "/rootfs/dev", "/rootfs/sys"])
        {
            _ = Directory.CreateDirectory(scratch + directory, Enterable);
            File.SetUnixFileMode(scratch + directory, Enterable);
            if (directory.Length > 0)
                Nodes.Own(scratch + directory, FirstId, FirstId);
        }

        File.Copy(program, $"{scratch}/rootfs/try");
        File.SetUnixFileMode($"{scratch}/rootfs/try", Enterable);
        File.WriteAllText($"{scratch}/config.json", $$$"""
            {"ociVersion":"1.0.2","hostname":"try","root":{"path":"rootfs"},
            "process":{"user":{"uid":0,"gid":0},"args":["/try","--nothing"],"env":["PATH=/"],"cwd":"/"},
            "mounts":[{"destination":"/proc","type":"proc","source":"proc","options":["nosuid","noexec","nodev"]}],
            "linux":{"cgroupsPath":"/{{{id}}}",
            "uidMappings":[{"containerID":0,"hostID":{{{FirstId}}},"size":65536}],"gidMappings":[{"containerID":0,"hostID":{{{FirstId}}},"size":65536}],
            "namespaces":[{"type":"pid"},{"type":"mount"},{"type":"ipc"},{"type":"uts"},{"type":"cgroup"},{"type":"network"},{"type":"user"}],
            "resources":{"devices":[{"allow":false,"access":"rwm"}]}
            }}
            """);
    }

    // Below those of VMs (Hosts.IdRanges): nothing of a trial outlives it.
    private const uint FirstId = 0x6FFE_0000;

    private static void RemoveCgroups(string id)
    {
        foreach (var mount in Linux.Procfs.MountInfo.ReadSelf().Where(m => m.Type is "cgroup" or "cgroup2"))
        {
            if (Directory.Exists($"{mount.MountPoint}/{id}"))
                _ = Tool.Run("rmdir", ["--", $"{mount.MountPoint}/{id}"]);
        }
    }
}
