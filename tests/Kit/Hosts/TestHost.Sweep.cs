using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Tests.Kit.Hosts;

/// <summary>What is left of a host, found without asking its daemon, and its removal.</summary>
public sealed partial class TestHost
{
    /// <summary>
    /// Whatever still belongs to this host: processes, mounts, cgroups, interfaces and tables of the base, user ids, state. Empty
    /// after a good <see cref="Down"/> and <see cref="StopDaemon"/>.
    /// </summary>
    public IReadOnlyList<string> Leftovers()
    {
        var found = new List<string>();
        found.AddRange(OwnProcesses().Select(p => $"process {p} {CommandLine(p)}"));
        found.AddRange(OwnMounts().Select(m => $"mount {m}"));
        found.AddRange(OwnCgroups().Select(c => $"cgroup {c}"));
        found.AddRange(OwnIdClaims().Select(c => $"user ids {c}"));
        foreach (var directory in new[] { Paths.Run, Paths.State })
        {
            if (Directory.Exists(directory))
                found.AddRange(Directory.EnumerateFileSystemEntries(directory).Select(f => $"file {f}"));
        }

        if (File.Exists($"/run/netns/{Network.Base}"))
        {
            // What was changed of the namespace's settings, and is to be undone.
            found.AddRange(NetworkNamespace.Run($"/run/netns/{Network.Base}", () =>
                Directory.Exists("/run/hyperspector-net")
                    ? Directory.GetFiles("/run/hyperspector-net", $"{NamespaceFd.NetworkCookie()}.*").Select(f => $"file {f}").ToList()
                    : []));
            found.AddRange(InBase("nft", "list", "tables").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(t => $"nft {t}"));
            found.AddRange(InBase("ls", "/proc/sys/net/ipv4/conf").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(n => n.StartsWith("hs", StringComparison.Ordinal)).Select(n => $"interface {n}"));
        }

        return found;
    }

    /// <summary>Removes everything of this host by force; returns what had to be removed.</summary>
    public IReadOnlyList<string> Sweep()
    {
        var found = Leftovers();
        EndEverything();
        // A mount that refused to go may lead to real files of this machine: never delete through it.
        if (OwnMounts().Count == 0)
            _ = Tool.Run("rm", ["-rf", "--one-file-system", "--", Prefix]);
        return found;
    }

    private void EndEverything()
    {
        // Several rounds: a keeper starts its monitor again, init of a pid namespace takes its children along.
        for (var round = 0; round < 20 && OwnProcesses() is { Count: > 0 } processes; round++)
        {
            foreach (var pid in processes)
                Kill(pid);
        }

        foreach (var mount in OwnMounts())
            _ = Tool.Run("umount", ["-l", "--", mount]);
        foreach (var group in OwnCgroups())
            _ = Tool.Run("rmdir", ["--", group]);
        foreach (var claim in OwnIdClaims())
            File.Delete(claim);
    }

    private static void Kill(int pid)
    {
        using var process = PidFd.TryOpen(pid);
        if (process is null)
            return;
        _ = process.Signal(SIGKILL);
        _ = process.WaitForEnd(TimeSpan.FromSeconds(2));
    }

    /// <summary>Processes with this host's name in their environment, in its cgroups or in its network namespaces.</summary>
    private List<int> OwnProcesses()
    {
        var spaces = new[] { Network?.Base, Network?.Client }.Where(s => s is not null && File.Exists($"/run/netns/{s}"))
            .Select(s => Inode($"/run/netns/{s}")).ToHashSet();
        var found = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var pid) || pid == System.Environment.ProcessId)
                continue;
            try
            {
                if (File.ReadAllText($"{directory}/environ").Split('\0').Contains($"HYPERSPECTOR_HOST={Name}") ||
                    File.ReadAllText($"{directory}/cgroup").Contains($"/hyperspector-{Name}/", StringComparison.Ordinal) ||
                    (new FileInfo($"{directory}/ns/net").LinkTarget is { } link && spaces.Contains(link)))
                {
                    found.Add(pid);
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // Ended while we looked, or a zombie: neither holds anything.
            }
        }

        return found;
    }

    private static string Inode(string space)
    {
        using var descriptor = Files.OpenPath(space);
        return $"net:[{FileStatus.Of(descriptor).Inode}]";
    }

    /// <summary>Mount points below the prefix, the deepest first.</summary>
    private List<string> OwnMounts() =>
        [.. File.ReadLines("/proc/self/mountinfo").Select(l => l.Split(' ')[4])
            .Where(m => m.StartsWith(Prefix + "/", StringComparison.Ordinal)).Reverse()];

    private List<string> OwnCgroups()
    {
        var roots = new List<string> { "/sys/fs/cgroup" };
        if (Directory.Exists("/sys/fs/cgroup"))
            roots.AddRange(Directory.EnumerateDirectories("/sys/fs/cgroup").Where(d => new FileInfo(d).LinkTarget is null));
        var found = new List<string>();
        foreach (var root in roots.Select(r => $"{r}/hyperspector-{Name}").Where(Directory.Exists))
        {
            found.Add(root);
            found.AddRange(Directory.EnumerateDirectories(root, "*", SearchOption.AllDirectories));
        }

        return [.. found.OrderByDescending(f => f.Length)];
    }

    private List<string> OwnIdClaims() => !Directory.Exists("/run/hyperspector-ids")
        ? []
        : [.. Directory.EnumerateFiles("/run/hyperspector-ids")
            .Where(f => OwnerOf(f).StartsWith($"{Paths.State}:", StringComparison.Ordinal))];

    private static string OwnerOf(string claim)
    {
        try
        {
            return new FileInfo(claim).LinkTarget ?? File.ReadAllText(claim);
        }
        catch (FileNotFoundException)
        {
            // Another host has just released it.
            return "";
        }
    }

    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ').TrimEnd();
        }
        catch (IOException)
        {
            return "(ended)";
        }
    }
}
