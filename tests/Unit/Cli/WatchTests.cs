using System.Text.Json;
using HyperSpector.Api.Messages;
using HyperSpector.Cli.Watching;
using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

/// <summary><c>top</c> and <c>status --watch</c>.</summary>
public sealed class WatchTests : IDisposable
{
    private readonly CliHost _host = new();
    private int _asked;

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Between_TwoStatuses_GivesRates()
    {
        var sample = Sampling.Between(At(0), At(2), TimeSpan.FromSeconds(4), DateTimeOffset.UnixEpoch);

        var (web, edge) = (sample.Machines[0], sample.Machines[1]);
        Assert.Equal((0.5, 1000, 50, 0.5, 5), (web.Cpu, web.Memory, web.FramesPerSecond, web.DropsPerSecond, web.Dropped));
        Assert.Equal((50, null), (edge.FramesPerSecond, edge.Cpu));
        Assert.Equal((0.0, 0), (edge.LeftOutPerSecond, edge.LeftOut));
    }

    [Fact]
    public void Between_TwoStatusesOfAFilteredMirror_TellsWhatIsLeftOut()
    {
        var edge = Sampling.Between(LeavingOut(At(1), 100), LeavingOut(At(2), 120), TimeSpan.FromSeconds(4), DateTimeOffset.UnixEpoch).Machines[1];

        Assert.Equal((5.0, 120), (edge.LeftOutPerSecond, edge.LeftOut));
    }

    [Fact]
    public void Top_OfAFilteredMirror_HasAColumnForIt()
    {
        _host.Daemon.On("GET /status", (_, response) => response.WholeAsync(Samples.Json(LeavingOut(At(_asked++), 100)), 200));

        Assert.Contains("DROPPED  LEFT OUT/S", _host.Run("top").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Between_AVmThatWasMadeAnew_KnowsNoRate()
    {
        var later = At(2);
        later = later with
        {
            Machines = [later.Machines[0] with { Pid = 1 }, later.Machines[1]],
            Mirrors = [later.Mirrors[0] with { Mirrored = 0, Dropped = 0 }],
        };

        var web = Sampling.Between(At(1), later, TimeSpan.FromSeconds(1), DateTimeOffset.UnixEpoch).Machines[0];

        Assert.Equal((null, null, 0L), (web.Cpu, web.FramesPerSecond, web.Dropped));
    }

    [Fact]
    public void Top_IntoAPipe_ShowsOneTableAndEnds()
    {
        Serve();

        var result = _host.Run("top");

        Assert.Equal("", result.Error);
        Assert.Equal(0, result.Status.ShellCode);
        var lines = result.Output.Split('\n');
        Assert.StartsWith("host default, ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("NAME  KIND    STATE    CPU %", lines[2], StringComparison.Ordinal);
        Assert.Contains("512.0 MiB", lines[3], StringComparison.Ordinal);
        Assert.StartsWith("edge  ids     running  -  ", lines[4], StringComparison.Ordinal);
        Assert.Equal("", Assert.Single(lines[5..]));
    }

    [Fact]
    public void Top_Json_IsALineASecond()
    {
        Serve();

        var result = _host.Run("top", "--json", "--count", "2");

        Assert.Equal(0, result.Status.ShellCode);
        var lines = result.Output.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        using var first = JsonDocument.Parse(lines[0]);
        Assert.Equal(1000, first.RootElement.GetProperty("machines")[0].GetProperty("memory").GetInt64());
        Assert.True(first.RootElement.GetProperty("machines")[0].GetProperty("framesPerSecond").GetDouble() > 0);
    }

    [Theory]
    [InlineData("top")]
    [InlineData("top --json")]
    [InlineData("status --watch")]
    [InlineData("status --watch --json")]
    public void Watch_OnATerminal_EndsWellByCtrlC(string arguments)
    {
        Serve();

        // A terminal of its own; Ctrl-C is typed when something has been shown. No shell stays in between: it would end by the signal too.
        var result = _host.Shell(
            "(for i in $(seq 600); do grep -q running out 2>/dev/null && break; sleep 0.05; done; printf '\\003') | "
            + $"script -qefc \"exec $hyperspector {arguments}\" out > /dev/null");

        var shown = File.ReadAllText(Path.Join(_host.Root, "out"));
        Assert.True(result.Status.ShellCode == 0, $"{result.Status} {result.Error} {shown}");
        Assert.Contains("running", shown, StringComparison.Ordinal);
        if (!arguments.Contains("json", StringComparison.Ordinal))
        {
            // The second screen and no cursor while it lasts; both as before in the end.
            Assert.Contains("\e[?1049h\e[?25l", shown, StringComparison.Ordinal);
            Assert.Contains("\e[?25h\e[?1049l", shown, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void StatusWatch_IntoAPipe_IsStatusOnce()
    {
        _host.Daemon.Answer("GET /status", Samples.Json(Samples.Status));

        var result = _host.Run("status", "--watch");

        Assert.Equal(_host.Run("status").Output, result.Output);
        Assert.Equal(0, result.Status.ShellCode);
    }

    private void Serve() => _host.Daemon.On("GET /status", (_, response) => response.WholeAsync(Samples.Json(At(_asked++)), 200));

    private static HostStatus LeavingOut(HostStatus status, long frames) => status with { Mirrors = [status.Mirrors[0] with { LeftOut = frames }] };

    private static HostStatus At(int look) => Samples.Status with
    {
        Machines =
        [
            Samples.Web with { Usage = new ResourceUsage { CpuMicroseconds = 1_000_000 * look, Memory = 1000, MemoryLimit = 1L << 29, Pids = 7 } },
            Samples.Edge,
        ],
        Mirrors = [Samples.Mirror with { Mirrored = 140 + 100 * look, Dropped = 3 + look }],
    };
}
