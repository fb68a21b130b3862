using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

public sealed class DownTests : IDisposable
{
    private readonly CliHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Down_NothingThere_SaysSoAndIsDone()
    {
        var result = _host.Run("down");

        Assert.Equal("nothing is up on host 'default'\n", result.Output);
        Assert.Equal("", result.Error);
        Assert.True(result.Status.Succeeded);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_host.Root));
    }

    [Theory]
    [InlineData("down", "DELETE /site", "down; nothing is left")]
    [InlineData("down --keep", "DELETE /site?keep=true", "down; what the VMs have written is kept")]
    public void Down_DaemonThere_IsAsked(string arguments, string expected, string said)
    {
        _host.Daemon.Answer("GET /version", "{\"version\":\"0.1.0\",\"host\":\"default\",\"pid\":1}");
        _host.Daemon.Lines("DELETE /site", Samples.Step("web", "stop", "done"), Samples.Finished);

        var result = _host.Run(arguments.Split(' '));

        Assert.Equal($"web: stop: done\n{said}\n", result.Output);
        Assert.True(result.Status.Succeeded, result.Error);
        Assert.Contains(_host.Daemon.Requests, r => $"{r.Method} {r.Target}" == expected);
    }

    [Fact]
    public void Down_LeftoversWithoutDaemon_StartsOne()
    {
        _ = _host.Write("var/lib/hyperspector/host.json", "{}");

        var result = _host.Run("down");

        // The daemon's program is not beside the tests' copy of the CLI: that it is looked for is what shows.
        Assert.Contains("hyperspectord: not there; install hyperspectord beside hyperspector", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Status.ShellCode);
    }

    [Fact]
    public void Down_Fails_SaysWhy()
    {
        _host.Daemon.Answer("GET /version", "{\"version\":\"0.1.0\",\"host\":\"default\",\"pid\":1}");
        _host.Daemon.Lines("DELETE /site", Samples.Failed("device busy"));

        var result = _host.Run("down");

        Assert.Equal("hyperspector: down failed: device busy\n", result.Error);
        Assert.Equal(1, result.Status.ShellCode);
    }
}
