using HyperSpector.Linux.Calls;
using HyperSpector.Linux.Handles;

namespace HyperSpector.Linux.Sandbox;

/// <summary>Our own program and what the dynamic loader needs to start it again under Landlock.</summary>
internal sealed class ProgramFiles : IDisposable
{
    // Directories of shared objects; those that a distribution does not have are left out. Only what everybody may read.
    private static readonly string[] LibraryDirectories = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"];
    private static readonly string[] RuntimeFiles = ["/etc/ld.so.cache", "/sys/devices/system/cpu", "/proc/self", "/dev/urandom"];
    private static readonly string[] Loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];

    private readonly List<LandlockRule> _rules = [];

    private ProgramFiles(FileDescriptor program) => Program = program;

    /// <summary>The running program's file.</summary>
    internal FileDescriptor Program { get; }

    /// <summary>What Landlock must allow.</summary>
    internal IReadOnlyList<LandlockRule> Rules => _rules;

    internal static ProgramFiles Open()
    {
        var files = new ProgramFiles(Files.OpenPath("/proc/self/exe"));
        files._rules.Add(new LandlockRule(files.Program, LandlockAccess.Execute | LandlockAccess.ReadFile));
        foreach (var path in LibraryDirectories)
            files.Add(path, LandlockAccess.Read);
        foreach (var path in RuntimeFiles)
            files.Add(path, LandlockAccess.Read);
        foreach (var path in Loaders)
            files.Add(path, LandlockAccess.Execute | LandlockAccess.ReadFile);
        return files;
    }

    public void Dispose()
    {
        foreach (var rule in _rules)
            rule.Place.Dispose();
    }

    private void Add(string path, LandlockAccess access)
    {
        if (Path.Exists(path))
            _rules.Add(new LandlockRule(Files.OpenPath(path), access));
    }
}
