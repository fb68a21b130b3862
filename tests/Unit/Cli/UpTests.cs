using System.Text.Json;
using HyperSpector.Api;
using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

public sealed class UpTests : IDisposable
{
    private const int SIGINT = 2;
    private readonly CliHost _host = new();

    public UpTests()
    {
        _ = _host.Write("hyperspector.yaml", Samples.Site);
        _host.Daemon.Answer("GET /machines", Samples.Json(Samples.Web, Samples.Edge));
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Up_SiteOfThisDirectory_IsPutAndTold()
    {
        _host.Daemon.Lines("PUT /site", Samples.Step("web", "create", "running"), Samples.Step("web", "create", "done", "on g1"), Samples.Finished);

        var result = _host.Run("up");

        Assert.Equal("", result.Error);
        Assert.Equal(
            """
            web: create: running
            web: create: done (on g1)

            web is running: reach it at localhost:8080, [::1]:53/udp
            edge is running: watches web with suricata
            What the IDSes see: hyperspector alerts -f

            """,
            result.Output);
        Assert.True(result.Status.Succeeded);
        var put = _host.Daemon.Requests.Single(r => r.Method == "PUT");
        var site = JsonSerializer.Deserialize(put.Body, ApiJson.Default.SiteSpec)!;
        Assert.Equal(["/usr/sbin/nginx"], site.Servers["web"].Machine.Run);
    }

    [Fact]
    public void Up_Json_IsOneObjectALine()
    {
        string[] lines = [Samples.Step("web", "create", "unchanged"), Samples.Finished];
        _host.Daemon.Lines("PUT /site", lines);

        var result = _host.Run("up", "--json");

        Assert.Equal(string.Join('\n', lines) + "\n", result.Output);
        Assert.True(result.Status.Succeeded);
    }

    [Fact]
    public void Up_ThatFailedInAVm_ShowsItsLastWordsEscaped()
    {
        var log = """
            {"time":"2026-11-24T03:00:00+00:00","machine":"build-1","text":"E: Unable to locate \u001b[31mpackage"}
            not JSON
            """;
        var last = new Api.Messages.ProgressLine
        {
            Subject = "host",
            Step = "end",
            State = "failed",
            Detail = "the package manager failed",
            Log = System.Text.Encoding.UTF8.GetBytes(log),
            Last = true,
        };
        _host.Daemon.Lines("PUT /site", JsonSerializer.Serialize(last, ApiJson.Default.ProgressLine));

        var result = _host.Run("up");

        Assert.Equal("  | E: Unable to locate \\x1b[31mpackage\n", result.Output);
        Assert.Equal(1, result.Status.ShellCode);
    }

    [Theory]
    [InlineData("no space left on device", null, "up failed: no space left on device")]
    [InlineData("boom", "done", "up failed: boom; what had been done was rolled back")]
    [InlineData("boom", "failed", "up failed: boom; rolling back failed, too: it is stuck")]
    [InlineData("\e[31mx\ny", "done", "up failed: \\x1b[31mx\\x0ay; what had been done was rolled back")]
    public void Up_DaemonFails_IsOneLine(string detail, string? rollBack, string expected)
    {
        List<string> lines = [Samples.Step("web", "create", "failed", "see below")];
        if (rollBack is not null)
            lines.Add(Samples.Step("host", "roll back", rollBack, "it is stuck"));
        _host.Daemon.Lines("PUT /site", [.. lines, Samples.Failed(detail)]);

        var result = _host.Run("up");

        Assert.Equal($"hyperspector: {expected}\n", result.Error);
        Assert.Equal(1, result.Status.ShellCode);
    }

    [Fact]
    public void Up_DaemonDiesMeanwhile_Fails()
    {
        _host.Daemon.On("PUT /site", async (_, response) =>
        {
            await response.ChunkAsync(Samples.Step("web", "create", "running") + "\n");
            response.Tear();
        });

        var result = _host.Run("up");

        Assert.StartsWith("hyperspector: hyperspectord ", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Status.ShellCode);
    }

    [Fact]
    public void Up_StreamWithoutItsLastLine_Fails()
    {
        _host.Daemon.Lines("PUT /site", Samples.Step("web", "create", "done"));

        var result = _host.Run("up");

        Assert.Equal("hyperspector: up was cut short: hyperspectord went away; see 'hyperspector status', then repeat it\n", result.Error);
        Assert.Equal(1, result.Status.ShellCode);
    }

    [Theory]
    [InlineData("PUT /site", "{\"error\":\"only one at a time\"}", "only one at a time")]
    [InlineData("PUT /site", "<html>", "hyperspectord refused the request (HTTP status 409)")]
    public void Up_DaemonRefuses_SaysItsReason(string request, string body, string expected)
    {
        _host.Daemon.Answer(request, body, 409);

        var result = _host.Run("up");

        Assert.Equal($"hyperspector: {expected}\n", result.Error);
        Assert.Equal(1, result.Status.ShellCode);
    }

    [Fact]
    public void Up_WrongFile_NamesEveryPlaceAndAsksNobody()
    {
        _ = _host.Write("other.yaml", "servers:\n  web:\n    base: host\n    rnu: [/bin/true]\n    publish: [\"80\"]\n");

        var result = _host.Run("up", "-f", "other.yaml");

        var lines = result.Error.TrimEnd().Split('\n');
        Assert.True(lines.Length >= 2, result.Error);
        Assert.All(lines, line => Assert.Matches(@"^other\.yaml:\d+:\d+: ", line));
        Assert.Equal(2, result.Status.ShellCode);
        Assert.Empty(_host.Daemon.Requests);
    }

    [Fact]
    public async Task Up_Interrupted_ClosesTheRequestAndEndsWith130()
    {
        var begun = new TaskCompletionSource();
        var gone = new TaskCompletionSource();
        _host.Daemon.On("PUT /site", async (_, response) =>
        {
            await response.ChunkAsync(Samples.Step("web", "create", "running") + "\n");
            begun.SetResult();
            await response.ClientGoneAsync();
            gone.SetResult();
        });
        using var up = _host.Start("up");
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.True(up.PidFd.Signal(SIGINT));

        Assert.Equal(130, up.Wait(TimeSpan.FromSeconds(20))!.Value.ShellCode);
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Up_OnATerminal_DrawsWithoutObeyingWhatItDraws()
    {
        _host.Daemon.Lines(
            "PUT /site", Samples.Step("web", "create", "running", "\e]0;owned\a[red]x[/]"), Samples.Step("web", "create", "done"), Samples.Finished);

        var result = _host.OnTerminal("up");

        Assert.True(result.Status.Succeeded, result.Output);
        Assert.DoesNotContain("\e]0;", result.Output, StringComparison.Ordinal);
        Assert.Contains("localhost:8080", result.Output, StringComparison.Ordinal);
        Assert.Contains("\e[", result.Output, StringComparison.Ordinal);
        // The cursor that drawing hides is there again.
        Assert.True(
            result.Output.LastIndexOf("\e[?25h", StringComparison.Ordinal) > result.Output.LastIndexOf("\e[?25l", StringComparison.Ordinal));
    }

    [Fact]
    public void Up_OnATerminalWithoutColour_IsPlain()
    {
        _host.Set("NO_COLOR", "1");
        _host.Daemon.Lines("PUT /site", Samples.Step("web", "create", "done"), Samples.Finished);

        var result = _host.OnTerminal("up");

        Assert.Contains("web: create: done", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", result.Output, StringComparison.Ordinal);
    }
}
