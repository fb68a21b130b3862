using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kit.Machines;

/// <summary>A cache directory that lives as long as the test program.</summary>
public static class SharedCache
{
    static SharedCache() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Tool.Run("rm", ["-rf", "--one-file-system", "--", Directory]);

    public static string Directory { get; } = $"/var/tmp/hyperspector-test-cache-{Environment.ProcessId}";
}
