using HyperSpector.Engine.Machines;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary><c>runtime:</c>, tried for real: what the trial says is what <c>up</c> does.</summary>
public class RuntimeTests
{
    public static TheoryData<string> Names() => [.. Runtime.Known];

    [Fact]
    public void Trial_OfRunc_Works() => Assert.Null(RuntimeTrial.Problem("runc", TestHost.Programs));

    [Theory]
    [MemberData(nameof(Names))]
    public void Up_WithARuntime_StartsAVmOrSaysWhyNot(string name)
    {
        using var host = new TestHost();
        var before = Machine.Snapshot();
        var problem = RuntimeTrial.Problem(name, TestHost.Programs);
        Assert.Equal(before, Machine.Snapshot());
        host.StartDaemon();
        var file = Path.Join(host.Prefix, "hyperspector.yaml");
        File.WriteAllText(file, $$"""
            servers:
              web:
                run: [/bin/sleep, "1000"]
                runtime: {{name}}
            """);

        var result = host.Hyperspector("up", "-f", file);

        if (problem is null)
        {
            Assert.True(result.Status.Succeeded, result.Error);
            Assert.Equal("web\n", host.Exec("web", "hostname").Output);
            host.Down();
        }
        else
        {
            Assert.Equal(1, result.Status.ShellCode);
            Assert.Contains($"web: runtime {name} ", result.Error, StringComparison.Ordinal);
            Assert.Contains("use 'runtime: runc'", result.Error, StringComparison.Ordinal);
            Assert.Empty(host.Ps());
        }

        host.StopDaemon();
        Assert.Equal("", string.Join('\n', host.Leftovers()));
    }
}
