using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Hosts;

namespace HyperSpector.Tests.Life.Faults;

/// <summary>Numbers the steps of a daemon and kills it just before one of them (interpose.c); the daemon itself knows nothing of it.</summary>
internal sealed class Interposer
{
    private readonly string _library;
    private readonly string _journal;

    internal Interposer(TestHost host)
    {
        _library = $"{host.Prefix}/interpose.so";
        _journal = $"{host.Prefix}/steps";
        _ = Tool.RunChecked(
            "gcc", ["-shared", "-fPIC", "-O1", "-Wno-nonnull", "-o", _library, Path.Join(AppContext.BaseDirectory, "Faults/interpose.c"), "-ldl"],
            timeout: TimeSpan.FromMinutes(2));
    }

    /// <summary>What the last daemon did, in order: a call and what it was about.</summary>
    internal IReadOnlyList<string> Steps => File.Exists(_journal)
        ? [.. File.ReadAllLines(_journal).Select(l => l[(l.IndexOf(' ', StringComparison.Ordinal) + 1)..])]
        : [];

    /// <summary>Variables for a daemon that dies just before step <paramref name="number"/>; 0: that does not.</summary>
    internal string[] KillAt(int number) => [$"LD_PRELOAD={_library}", $"FAULTS_JOURNAL={_journal}", $"FAULTS_AT={number}"];
}
