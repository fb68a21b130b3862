using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Site;
using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

/// <summary><c>ps</c>, <c>status</c>, <c>version</c>, <c>config check</c> and <c>pack list</c>.</summary>
public sealed class ViewTests : IDisposable
{
    private readonly CliHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Ps_TwoMachines_ListsBoth()
    {
        _host.Daemon.Answer("GET /machines", Samples.Json(Samples.Web, Samples.Edge with { State = "failed", Pid = null, Problem = "runc: \e[1mno" }));

        var result = _host.Run("ps");

        Assert.Equal("", result.Error);
        var lines = Trimmed(result.Output);
        Assert.Equal("NAME  KIND    STATE    PID   ADDRESSES              PURPOSE", lines[0]);
        Assert.Equal("web   server  running  4711  169.254.83.5, fd48::5  8080->80, [::1]:53->5353/udp", lines[1]);
        Assert.Equal("edge  ids     failed   -     -                      watches web with suricata", lines[2]);
        Assert.Equal("edge: runc: \\x1b[1mno", lines[3]);
    }

    [Fact]
    public void Ps_Json_IsOneObject()
    {
        _host.Daemon.Answer("GET /machines", Samples.Json(Samples.Web, Samples.Edge));

        var result = _host.Run("ps", "--json");

        using var output = JsonDocument.Parse(result.Output);
        Assert.Equal("default", output.RootElement.GetProperty("host").GetString());
        var machines = output.RootElement.GetProperty("machines");
        Assert.Equal(2, machines.GetArrayLength());
        Assert.Equal(4711, machines[0].GetProperty("pid").GetInt32());
        Assert.Equal("169.254.83.5", machines[0].GetProperty("addresses")[0].GetString());
        Assert.Equal("running", machines[1].GetProperty("state").GetString());
        Assert.EndsWith("}\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Ps_NothingAndNoDaemon_IsEmpty()
    {
        Assert.Equal("nothing is up on host 'default'\n", _host.Run("ps").Output);
        Assert.Equal("{\"host\":\"default\",\"machines\":[]}\n", _host.Run("ps", "--json").Output);
    }

    [Theory]
    [InlineData("ps")]
    [InlineData("status")]
    [InlineData("alerts")]
    [InlineData("logs web")]
    [InlineData("exec web -- true")]
    public void Question_DaemonNotRunning_SaysHowToStartIt(string arguments)
    {
        // Something is left, so 'ps' cannot answer by itself.
        _ = _host.Write("var/lib/hyperspector/host.json", "{}");

        var result = _host.Run(arguments.Split(' '));

        Assert.Equal("hyperspector: hyperspectord is not running for host 'default'; start it with 'hyperspector up'\n", result.Error);
        Assert.Equal(1, result.Status.ShellCode);
    }

    [Fact]
    public void Question_AnswerOfAnotherVersion_SaysSo()
    {
        _host.Daemon.Answer("GET /status", "{\"host\":\"default\",\"colour\":\"blue\"}");

        var result = _host.Run("status");

        Assert.Equal(
            "hyperspector: hyperspectord's answer is not understood; is it of another version? compare with 'hyperspector version'\n",
            result.Error);
    }

    [Fact]
    public void Status_WholeHost_ShowsCountersPartsAndBase()
    {
        _host.Daemon.Answer("GET /status", Samples.Json(Samples.Status));

        var result = _host.Run("status");

        Assert.Equal("", result.Error);
        var lines = Trimmed(result.Output);
        Assert.Equal("host default, hyperspectord 0.1.0", lines[0]);
        Assert.Contains(lines, l => l.StartsWith("web     edge mon0  yes      100       50      140         3          7       0           holds", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("generation g1; the base has moved on: 'down' and 'up' make it anew", StringComparison.Ordinal));
        Assert.Contains(lines, l => l == "reader  edge  not running  4");
        Assert.Contains(lines, l => l.Contains("1879048192-1879113727", StringComparison.Ordinal));
    }

    [Fact]
    public void Status_OfAFilteredMirror_SaysWhatIsLeftOut()
    {
        var mirror = Samples.Mirror with
        {
            Mirrored = 100,
            LeftOut = 40,
            Unsampled = 30,
            LeftOutBytes = 5000,
            Truncated = 2,
            TruncatedBytes = 999,
            Filter = new FilterSpec { Only = [new FilterRule { Protocols = [6] }], Sample = 4 },
        };
        _host.Daemon.Answer("GET /status", Samples.Json(Samples.Status with { Mirrors = [mirror] }));

        var lines = Trimmed(_host.Run("status").Output).Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();

        Assert.Contains("web edge mon0 yes, filtered 100 50 100 3 7 40 holds 0 9", lines);
        Assert.Contains("FILTER OF INTO LEFT OUT BY RULES BY SAMPLE BYTES TRUNCATED BYTES COPIED IS", lines);
        Assert.Contains("web edge mon0 10 30 5000 2 999 only tcp; 1 flow of 4", lines);
    }

    [Fact]
    public void Status_CountersDisagree_SaysByHowMuch()
    {
        _host.Daemon.Answer("GET /status", Samples.Json(Samples.Status with { Mirrors = [Samples.Mirror with { Received = 105 }] }));

        Assert.Contains("off by 5", _host.Run("status").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Status_Json_IsTheDaemonsObject()
    {
        _host.Daemon.Answer("GET /status", Samples.Json(Samples.Status));

        var result = _host.Run("status", "--json");

        var status = JsonSerializer.Deserialize(result.Output, ApiJson.Default.HostStatus)!;
        Assert.Equal(Samples.Json(Samples.Status), JsonSerializer.Serialize(status, ApiJson.Default.HostStatus));
    }

    [Fact]
    public void Status_OnATerminal_NeedsNoMoreThanItsWidth()
    {
        _host.Daemon.Answer("GET /status", Samples.Json(Samples.Status));

        var result = _host.OnTerminal("status");

        Assert.True(result.Status.Succeeded, result.Output);
        Assert.Contains("\e[1m", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_DaemonThere_ShowsBoth()
    {
        Assert.Equal($"hyperspector {ProductVersion.Text}\nhyperspectord: not running, or not reachable\n", _host.Run("version").Output);
        Assert.Equal($"{{\"version\":\"{ProductVersion.Text}\"}}\n", _host.Run("version", "--json").Output);
        _host.Daemon.Answer("GET /version", "{\"version\":\"9.9\",\"host\":\"default\",\"pid\":7}");
        Assert.Equal($"hyperspector {ProductVersion.Text}\nhyperspectord 9.9, host default, pid 7\n", _host.Run("version").Output);
        Assert.Equal(
            $"{{\"version\":\"{ProductVersion.Text}\",\"daemon\":{{\"version\":\"9.9\",\"host\":\"default\",\"pid\":7}}}}\n",
            _host.Run("version", "--json").Output);
    }

    [Fact]
    public void ConfigCheck_RightFile_SaysSo()
    {
        _ = _host.Write("hyperspector.yaml", Samples.Site);

        var result = _host.Run("config", "check");

        Assert.Equal("hyperspector.yaml: right (1 server, 0 environments)\n", result.Output);
        Assert.True(result.Status.Succeeded);
        Assert.Equal(
            "{\"file\":\"hyperspector.yaml\",\"valid\":true,\"problems\":[]}\n", _host.Run("config", "check", "--json").Output);
    }

    [Fact]
    public void ConfigCheck_WrongFile_NamesThePlace()
    {
        _ = _host.Write("x.yaml", "servers:\n  web:\n    base: host\n    rnu: [/bin/true]\n");

        var result = _host.Run("config", "check", "-f", "x.yaml");

        Assert.Contains("x.yaml:4:5: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean 'run'?", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
        Assert.Equal(2, result.Status.ShellCode);

        var json = _host.Run("config", "check", "-f", "x.yaml", "--json");
        using var output = JsonDocument.Parse(json.Output);
        Assert.False(output.RootElement.GetProperty("valid").GetBoolean());
        Assert.Contains(output.RootElement.GetProperty("problems").EnumerateArray(), p => p.GetProperty("line").GetInt32() == 4);
        Assert.Equal("", json.Error);
        Assert.Equal(2, json.Status.ShellCode);
    }

    [Fact]
    public void ConfigCheck_NoFile_SaysSo()
    {
        var result = _host.Run("config", "check");

        Assert.StartsWith("hyperspector.yaml: ", result.Error, StringComparison.Ordinal);
        Assert.Equal(2, result.Status.ShellCode);
    }

    [Fact]
    public void PackList_PacksHere_AreListed()
    {
        _ = _host.Write("packs/looker/pack.yaml", Pack);
        _ = _host.Write("packs/wrong/pack.yaml", "descriptoin: Looks\n");

        var result = _host.Run("pack", "list", "--json");

        using var output = JsonDocument.Parse(result.Output);
        var packs = output.RootElement.GetProperty("packs").EnumerateArray().ToDictionary(p => p.GetProperty("name").GetString()!);
        Assert.Equal("Looks", packs["looker"].GetProperty("description").GetString());
        Assert.Contains("pack.yaml:1:1: ", packs["wrong"].GetProperty("problem").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void PackBuild_PackAndBase_ArePosted()
    {
        _ = _host.Write("packs/looker/pack.yaml", Pack);
        _host.Daemon.Lines("POST /packs", Samples.Step("pack looker", "fetch", "done"), Samples.Finished);

        var result = _host.Run("pack", "build", "looker", "--base", ".");

        Assert.Equal("pack looker: fetch: done\n", result.Output);
        Assert.True(result.Status.Succeeded, result.Error);
        var request = JsonSerializer.Deserialize(_host.Daemon.Requests.Single().Body, ApiJson.Default.PackBuildRequest)!;
        Assert.Equal("looker", request.Packs.Single().Name);
        Assert.Equal(_host.Root, request.Base.Directory);
    }

    [Fact]
    public void PackBuild_MisspeltName_SuggestsTheNearest()
    {
        _ = _host.Write("packs/looker/pack.yaml", Pack);

        var result = _host.Run("pack", "build", "loker");

        Assert.Equal("hyperspector: there is no pack 'loker'; did you mean 'looker'?\n", result.Error);
        Assert.Equal(2, result.Status.ShellCode);
    }

    private const string Pack = "description: Looks\napt:\n  packages: [looker]\n";

    private static List<string> Trimmed(string output) => [.. output.Split('\n').Select(l => l.TrimEnd())];
}
