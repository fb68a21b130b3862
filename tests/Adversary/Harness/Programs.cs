using HyperSpector.Linux.Calls;

namespace HyperSpector.Tests.Adversary.Harness;

/// <summary>The attackers' programs, as they lie beside the test program.</summary>
internal static class Programs
{
    internal static string PathOf(string name) => Path.Join(AppContext.BaseDirectory, "Programs", name);

    private const string With = "# with: ";

    /// <summary>A Python program with what every one begins with, and what its first line names.</summary>
    internal static string Text(string name)
    {
        var program = File.ReadAllText(PathOf(name));
        var first = program[..program.IndexOf('\n', StringComparison.Ordinal)];
        var shared = first.StartsWith(With, StringComparison.Ordinal) ? File.ReadAllText(PathOf(first[With.Length..])) : "";
        return File.ReadAllText(PathOf("prelude.py")) + shared + program;
    }

    /// <summary>Compiles a C program, statically: it must run where every library has been deleted.</summary>
    internal static string Compile(string name, string directory)
    {
        var output = Path.Join(directory, Path.GetFileNameWithoutExtension(name));
        if (!File.Exists(output))
            _ = Tool.RunChecked("gcc", ["-static", "-O1", "-Wall", "-Werror", "-o", output, PathOf(name)], timeout: TimeSpan.FromMinutes(2));
        return output;
    }
}
