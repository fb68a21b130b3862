using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.AotSmoke;

/// <summary>The installed programs are native code, and each runs (style: publishes and runs every program).</summary>
public class ProgramTests
{
    private static readonly string s_installed =
        System.Environment.GetEnvironmentVariable("HYPERSPECTOR_BIN") is { Length: > 0 } given ? given : "/usr/lib/hyperspector";

    public static TheoryData<string, int> Programs => new()
    {
        // What each says when it is started by a person, without what our own programs give it: a line, and the code of wrong usage.
        { "hyperspectord", 2 },
        { "hyperspector-keeper", 2 },
        { "hyperspector-monitor", 2 },
        { "hyperspector-reader", 2 },
        { "hyperspector-sensor", 2 },
        { "hyperspector-integrity", 64 },
        { "hyperspector", 2 },
    };

    [Theory]
    [MemberData(nameof(Programs))]
    public void Program_WithNonsense_SaysSoInOneLine(string name, int code)
    {
        var result = Tool.Run(Path.Join(s_installed, name), ["--no-such-option"]);

        Assert.Equal(code, result.Status.ShellCode);
        var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Single(lines);
        Assert.StartsWith($"{name}: ", lines[0], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Program_IsNativeCode(string name, int _)
    {
        using var file = File.OpenRead(Path.Join(s_installed, name));
        var magic = new byte[4];
        file.ReadExactly(magic);

        Assert.Equal([0x7f, (byte)'E', (byte)'L', (byte)'F'], magic);
        Assert.False(File.Exists(Path.Join(s_installed, name + ".dll")));
        // A framework-dependent host is some 70 KiB and would need a runtime on the user's machine.
        Assert.True(file.Length > 800_000, $"{name} is {file.Length} bytes: not the whole program");
    }

    [Fact]
    public void Version_IsThatOfTheBuild() =>
        Assert.Contains(Api.ProductVersion.Text, Tool.RunChecked(Path.Join(s_installed, "hyperspector"), ["version"]), StringComparison.Ordinal);
}
