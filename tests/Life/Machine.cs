using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Life;

/// <summary>What this machine has of the things that a host makes; compared before and after.</summary>
internal static class Machine
{
    internal static string Snapshot()
    {
        var lines = new List<string>();
        lines.AddRange(File.ReadAllLines("/proc/self/mountinfo").Select(l => $"mount {l.Split(' ')[4]}"));
        lines.AddRange(Cgroups().Select(c => $"cgroup {c}"));
        lines.AddRange(Tool.RunChecked("ip", ["-o", "link"]).Split('\n').Select(l => l.Split('@')[0].Split(": ").ElementAtOrDefault(1) ?? "")
            .Select(l => $"link {l}"));
        lines.AddRange(Tool.RunChecked("nft", ["list", "tables"]).Split('\n').Select(t => $"nft {t}"));
        lines.AddRange(Directory.EnumerateFileSystemEntries("/run").Where(Ours).Select(f => $"file {f}"));
        lines.AddRange(Directory.EnumerateFileSystemEntries("/var/lib").Where(Ours).Select(f => $"file {f}"));
        lines.AddRange(Processes().Select(p => $"process {p}"));
        return string.Join('\n', lines.Where(l => l.Length > 0).Order(StringComparer.Ordinal));
    }

    private static bool Ours(string path) => Path.GetFileName(path).StartsWith("hyperspector", StringComparison.Ordinal);

    private static IEnumerable<string> Cgroups() =>
        Directory.EnumerateDirectories("/sys/fs/cgroup", "hyperspector*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4 });

    private static IEnumerable<string> Processes() => Directory.EnumerateDirectories("/proc")
        .Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0]))
        .Select(Name).Where(n => n.StartsWith("hyperspector", StringComparison.Ordinal) || n is "runc" or "tcpdump");

    private static string Name(string process)
    {
        try
        {
            // proc_pid_status(5). A zombie is gone, but for a line in its parent's books: who is orphaned waits for init to read it.
            var status = File.ReadAllLines($"{process}/status");
            return status.Any(l => l.StartsWith("State:\tZ", StringComparison.Ordinal)) ? "" : status[0]["Name:".Length..].Trim();
        }
        catch (IOException)
        {
            // Ended while we looked.
            return "";
        }
    }
}
