using HyperSpector.Engine.Hosts;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Daemon;

namespace HyperSpector.Tests.Unit.Cli;

/// <summary>A host below a directory of its own, and the built program run as a user would run it there.</summary>
internal sealed class CliHost : IDisposable
{
    // Short: a socket's path ends at 107 bytes.
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hscli-");
    private readonly List<string> _variables = [];
    private FakeDaemon? _daemon;

    internal CliHost() => Paths = new HostPaths(HostPaths.DefaultName, Root);

    internal static string ProgramPath { get; } = Path.Join(AppContext.BaseDirectory, "hyperspector");

    internal string Root => _directory.FullName;

    internal HostPaths Paths { get; }

    /// <summary>Started when first needed.</summary>
    internal FakeDaemon Daemon => _daemon ??= new FakeDaemon(Paths);

    internal void Set(string name, string value) => _variables.Add($"{name}={value}");

    internal string Write(string name, string content, bool executable = false)
    {
        var path = Path.Join(Root, name);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        if (executable)
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    internal ToolResult Run(params string[] arguments) => RunWith("", arguments);

    internal ToolResult RunWith(string input, params string[] arguments) => Tool.Run("env", CommandLine(arguments), input);

    /// <summary>Runs a shell script that has the program as <c>$hyperspector</c>.</summary>
    internal ToolResult Shell(string script) =>
        Tool.Run("env", [.. Variables, $"hyperspector={ProgramPath}", "bash", "-c", script]);

    /// <summary>Runs the program on a terminal; what the terminal got.</summary>
    internal ToolResult OnTerminal(string arguments) => Shell($"script -qec \"$hyperspector {arguments}\" /dev/null < /dev/null");

    /// <summary>Starts the program; its standard streams are nowhere.</summary>
    internal ChildProcess Start(params string[] arguments)
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);
        return Spawn.Start(new SpawnRequest
        {
            Program = Tool.Find("env")!,
            Arguments = CommandLine(arguments),
            Descriptors = [(0, nothing), (1, nothing), (2, nothing)],
        });
    }

    public void Dispose()
    {
        _daemon?.Dispose();
        _directory.Delete(recursive: true);
    }

    // env(1) wants its options first.
    private IEnumerable<string> Variables =>
        ["-C", Root, "-u", "NO_COLOR", "-u", "HYPERSPECTOR_HOST", "TERM=xterm", $"HYPERSPECTOR_PREFIX={Root}", .. _variables];

    private List<string> CommandLine(IEnumerable<string> arguments) => [.. Variables, ProgramPath, .. arguments];
}
