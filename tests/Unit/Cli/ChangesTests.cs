using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

/// <summary><c>changes</c>.</summary>
public sealed class ChangesTests : IDisposable
{
    private const string Route = "GET /changes?machine=web";
    private const string End = """{"kind":"end"}""";
    private readonly CliHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void List_IsALineEach_WithoutHarm()
    {
        _host.Daemon.Lines(
            Route,
            """{"kind":"added","path":"/srv/\u001b[31m\nx\\","type":"file"}""",
            """{"kind":"changed","path":"/usr/bin/ls","type":"file","what":["content","modified"]}""",
            """{"kind":"replaced","path":"/etc/x","type":"link","was":"file"}""",
            """{"kind":"removed","path":"/\ufffd","bytes":"L/8=","was":"directory"}""",
            """{"kind":"mount","path":"/data","type":"directory"}""",
            End);

        var result = _host.Run("changes", "web");

        Assert.Equal(
            """
            added     file       /srv/\x1b[31m\x0ax\\
            changed   file       /usr/bin/ls  (content, modified)
            replaced  link       /etc/x  (was file)
            removed   directory  /\xff
            mount     directory  /data  (not compared: it has no base)

            """,
            result.Output);
        Assert.Equal((0, ""), (result.Status.Code, result.Error));
    }

    [Fact]
    public void Json_IsPassedOn_WithItsEnd()
    {
        const string Line = """{"kind":"removed","path":"/\ufffd","bytes":"L/8=","was":"directory"}""";
        _host.Daemon.Lines(Route + "&mounts=true&path=%2Fsrv&path=%2Fetc", Line, End);
        Assert.Equal($"{Line}\n{End}\n", _host.Run("changes", "web", "/srv", "/etc", "--json", "--mounts").Output);
    }

    [Theory]
    [InlineData("hyperspector: the list of changes ended before it was complete: hyperspectord went away; try again\n", """{"kind":"added","path":"/a"}""")]
    [InlineData("hyperspector: web: is being started\n", """{"kind":"failed","text":"web: is being started"}""")]
    public void List_ThatIsNotWhole_Fails(string expected, string last)
    {
        _host.Daemon.Lines(Route, last);
        var result = _host.Run("changes", "web");
        Assert.Equal((1, expected), (result.Status.Code, result.Error));
    }

    [Theory]
    [InlineData(3, """{"kind":"added","path":"/a"}""")]
    [InlineData(0, """{"kind":"mount","path":"/data"}""")]
    public void ExitCode_TellsWhetherAnythingDiffers(int expected, string line)
    {
        _host.Daemon.Lines(Route, line, End);
        Assert.Equal(expected, _host.Run("changes", "web", "--exit-code").Status.Code);
    }

    [Fact]
    public void Summary_CountsByDirectory()
    {
        _host.Daemon.Lines(Route, Of("added", "/usr/bin/a"), Of("changed", "/usr/bin/b"), Of("removed", "/usr/share/doc/x"), Of("added", "/new"), End);
        var text = _host.Run("changes", "web", "--summary").Output;
        Assert.Contains("/usr/bin", text, StringComparison.Ordinal);
        Assert.Matches("all +2 +1 +1 +0", text);
        Assert.Equal(
            """{"all":{"added":2,"changed":1,"removed":1,"replaced":0},"directories":{"/":{"added":1,"changed":0,"removed":0,"replaced":0},"/usr/bin":{"added":1,"changed":1,"removed":0,"replaced":0},"/usr/share":{"added":0,"changed":0,"removed":1,"replaced":0}},"mounts":[]}""" + "\n",
            _host.Run("changes", "web", "--summary", "--json").Output);
    }

    [Fact]
    public void Since_TellsWhatHappenedBetweenTwoStates()
    {
        _host.Daemon.Lines(
            Route, Present("/same", "1.0"), Present("/touched", "1.0"), Present("/gone", "1.0"), Of("removed", "/back"), Of("removed", "/still"), End);
        Assert.Equal("first: web as it is now, with 5 differences from its base\n", _host.Run("changes", "web", "--record", "first").Output);
        _host.Daemon.Lines(Route, Present("/same", "1.0"), Present("/touched", "2.0"), Of("removed", "/still"), Of("added", "/new"), End);

        var result = _host.Run("changes", "web", "--since", "first");
        Assert.Equal(
            """
            changed   file       /touched  (unread)
            added     file       /new
            added     file       /back
            removed   file       /gone

            """,
            result.Output);

        // The same from a file.
        var file = _host.Write("state", _host.Run("changes", "web", "--json").Output);
        Assert.Equal("", _host.Run("changes", "web", "--since", file).Output);
    }

    [Theory]
    [InlineData("no state of 'web' is recorded; 'hyperspector changes web --record NAME' does that. (A file is named with a slash in it: ./x)", 1, "--since", "x")]
    [InlineData("/no/file: there is no such file", 1, "--since", "/no/file")]
    [InlineData("--record must be a name", 2, "--record", "../x")]
    [InlineData("--follow never ends", 2, "-f", "--summary")]
    [InlineData("--record prints no differences", 2, "--record", "x", "--json")]
    public void Mistakes_AreOneLine(string expected, int code, params string[] arguments)
    {
        var result = _host.Run(["changes", "web", .. arguments]);
        Assert.StartsWith($"hyperspector: {expected}", result.Error, StringComparison.Ordinal);
        Assert.Equal(code, result.Status.Code);
    }

    [Fact]
    public void State_ThatIsNotOne_IsRefused()
    {
        var broken = _host.Write("broken", "{\"kind\":\"added\",\"path\":\"/a\"}\nnonsense\n");
        Assert.Contains("line 2 is not one of", _host.Run("changes", "web", "--since", broken).Error, StringComparison.Ordinal);
        var cut = _host.Write("cut", "{\"kind\":\"added\",\"path\":\"/a\"}\n");
        Assert.Contains("its last line is missing", _host.Run("changes", "web", "--since", cut).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_ThatBreaksOff_LeavesTheFormerOne()
    {
        _host.Daemon.Lines(Route, Of("added", "/a"), End);
        _ = _host.Run("changes", "web", "--record", "x");
        _host.Daemon.Lines(Route, Of("added", "/b"));
        Assert.Equal(1, _host.Run("changes", "web", "--record", "x").Status.Code);
        _host.Daemon.Lines(Route, Of("added", "/a"), End);
        Assert.Equal("", _host.Run("changes", "web", "--since", "x").Output);
    }

    private static string Of(string kind, string path) => kind == "removed"
        ? $$"""{"kind":"{{kind}}","path":"{{path}}","was":"file"}"""
        : $$"""{"kind":"{{kind}}","path":"{{path}}","type":"file"}""";

    private static string Present(string path, string changed) => JsonSerializer.Serialize(
        new ChangeRecord { Kind = ChangeKind.Added, Path = path, Type = "file", State = new ChangeState("0644", 0, 0, 1, "1.0", changed) },
        ApiJson.Default.ChangeRecord);
}
