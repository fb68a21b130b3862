using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

/// <summary>What bash offers after the script of <c>hyperspector completion bash</c>.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly CliHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("hyperspector al", "alerts")]
    [InlineData("hyperspector p", "pack ps")]
    [InlineData("hyperspector config ", "check")]
    [InlineData("hyperspector up --f", "--file")]
    [InlineData("hyperspector logs --", "--follow --help --host --json --tail")]
    [InlineData("hyperspector exec w", "web")]
    [InlineData("hyperspector logs ", "edge web")]
    [InlineData("hyperspector --host default exec ", "edge web")]
    [InlineData("hyperspector completion ", "bash fish zsh")]
    [InlineData("hyperspector exec web -- l", "")]
    [InlineData("hyperspector docs ", "cli man")]
    [InlineData("hyperspector d", "doctor down")]
    public void Bash_Tab_OffersWhatCanStandThere(string line, string expected)
    {
        _host.Daemon.Answer("GET /machines", Samples.Json(Samples.Web, Samples.Edge));

        Assert.Equal(expected, Complete(line));
    }

    [Fact]
    public void Bash_TabWithoutDaemon_OffersNoNamesAndNoError()
    {
        var result = _host.Shell("\"$hyperspector\" '[suggest:18]' 'hyperspector exec '");

        Assert.Equal("", result.Error);
        Assert.DoesNotContain("web", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "bash")]
    [InlineData("zsh", "zsh")]
    [InlineData("fish", "fish")]
    public void Script_OfEachShell_IsAcceptedByIt(string shell, string program)
    {
        var script = _host.Run("completion", shell).Output;

        Assert.Contains("[suggest:", script, StringComparison.Ordinal);
        var path = _host.Write("script", script);
        // The last two are seldom installed; where they are, they must find no fault.
        var result = _host.Shell($"command -v {program} > /dev/null || exit 0; {program} -n {path}");
        Assert.Equal("", result.Error);
        Assert.True(result.Status.Succeeded);
    }

    private string Complete(string line)
    {
        var words = string.Join(' ', line.Split(' ').Select(w => $"'{w}'"));
        var result = _host.Shell($$"""
            hyperspector() { command "$hyperspector" "$@"; }
            source <(hyperspector completion bash)
            COMP_WORDS=({{words}}) COMP_LINE='{{line}}' COMP_POINT={{line.Length}}
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            _hyperspector
            printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
            complete -p hyperspector >&2
            """);
        Assert.Contains("-F _hyperspector", result.Error, StringComparison.Ordinal);
        return result.Output.Trim();
    }
}
