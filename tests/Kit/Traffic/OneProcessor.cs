using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Kit.Traffic;

/// <summary>
/// Keeps the calling thread, and threads that it starts, on one processor. Frames that two processors handle at the same moment have
/// no order, neither at the server's port nor at the mirror; a mix whose both ends share one processor has one.
/// </summary>
public sealed class OneProcessor : IDisposable
{
    private readonly string _thread = new FileInfo("/proc/thread-self").LinkTarget!.Split('/')[^1];
    private readonly string _before = Allowed("/proc/thread-self/status");

    public OneProcessor() => Set(Number);

    /// <summary>The first processor that this process may use.</summary>
    public static string Number { get; } = Allowed("/proc/self/status").Split(',', '-')[0];

    /// <summary>The command that starts a program there.</summary>
    public static IReadOnlyList<string> Command(params IReadOnlyList<string> command) => ["taskset", "-c", Number, .. command];

    public void Dispose() => Set(_before);

    private static string Allowed(string status) =>
        File.ReadLines(status).First(l => l.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split(':')[1].Trim();

    private void Set(string processors) =>
        _ = Tool.RunChecked("taskset", ["-p", "-c", processors, _thread]);
}
