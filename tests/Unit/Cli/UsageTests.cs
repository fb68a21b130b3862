using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

/// <summary>Command lines that are not understood: one line on standard error, exit code 2, nothing done.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly CliHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("", "a command is missing; see 'hyperspector --help'")]
    [InlineData("fly", "unknown command 'fly'; see 'hyperspector --help'")]
    [InlineData("statsu", "unknown command 'statsu'; did you mean 'status'? See 'hyperspector --help'")]
    [InlineData("up web", "unexpected argument 'web'; see 'hyperspector up --help'")]
    [InlineData("up --fiel x", "unknown option '--fiel'; did you mean '--file'? See 'hyperspector up --help'")]
    [InlineData("up -f", "option '--file' needs a value; see 'hyperspector up --help'")]
    [InlineData("up -f a -f b", "option '--file' is given 2 times; see 'hyperspector up --help'")]
    [InlineData("down --keep --purge", "unknown option '--purge'; see 'hyperspector down --help'")]
    [InlineData("down -f nothing.yaml", "nothing.yaml: no such file")]
    [InlineData("ps -x", "unknown option '-x'; see 'hyperspector ps --help'")]
    [InlineData("logs --tail many", "--tail must be a whole number, not 'many'; see 'hyperspector logs --help'")]
    [InlineData("logs --tail=-1", "unknown option '-1'; see 'hyperspector logs --help'")]
    [InlineData("logs web db", "unexpected argument 'db'; see 'hyperspector logs --help'")]
    [InlineData("alerts --tail", "option '--tail' needs a value; see 'hyperspector alerts --help'")]
    [InlineData("alerts --tail 99999999999", "--tail must be a whole number, not '99999999999'; see 'hyperspector alerts --help'")]
    [InlineData("exec", "NAME is missing; see 'hyperspector exec --help'")]
    [InlineData("exec web", "COMMAND is missing; see 'hyperspector exec --help'")]
    [InlineData("exec web --", "COMMAND is missing; see 'hyperspector exec --help'")]
    [InlineData("exec web ls -l", "write '--' before the command, as in 'hyperspector exec web -- ls -l'; see 'hyperspector exec --help'")]
    [InlineData("exec -x web -- ls", "unknown option '-x'; see 'hyperspector exec --help'")]
    [InlineData("exec -u a:b:c web -- id", "--user 'a:b:c' must be a user, or user:group, each a name or a number; see 'hyperspector exec --help'")]
    [InlineData("exec -w tmp web -- pwd", "--workdir 'tmp' must be an absolute path inside the VM; see 'hyperspector exec --help'")]
    [InlineData("exec -e =x web -- env", "--env '=x' must have the form NAME=value; see 'hyperspector exec --help'")]
    [InlineData("exec -t -T web -- sh", "--tty and --no-tty exclude each other; see 'hyperspector exec --help'")]
    [InlineData("exec -t web -- sh", "--tty needs a terminal as standard input; leave it out")]
    [InlineData("config", "a command is missing; see 'hyperspector config --help'")]
    [InlineData("config chekc", "unknown command 'chekc'; did you mean 'check'? See 'hyperspector config --help'")]
    [InlineData("pack build", "NAME is missing; see 'hyperspector pack build --help'")]
    [InlineData("pack build nosuchpack", "there is no pack 'nosuchpack'")]
    [InlineData("completion", "SHELL is missing; see 'hyperspector completion --help'")]
    [InlineData("completion tcsh", "no completion for 'tcsh'; there is one for bash, zsh and fish; see 'hyperspector completion --help'")]
    [InlineData("--host", "option '--host' needs a value; see 'hyperspector --help'")]
    [InlineData("--host a/b ps", "host name 'a/b' must be 1 to 32 letters, digits or dashes, and begin with a letter; see 'hyperspector ps --help'")]
    [InlineData("[diagram] ps", "unexpected argument '[diagram]'; see 'hyperspector ps --help'")]
    [InlineData("@/etc/passwd", "unknown command '@/etc/passwd'; see 'hyperspector --help'")]
    public void CommandLine_NotUnderstood_IsOneLine(string arguments, string expected)
    {
        var result = _host.Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal($"hyperspector: {expected}\n", result.Error);
        Assert.Equal("", result.Output);
        Assert.Equal(2, result.Status.ShellCode);
    }

    [Fact]
    public void CommandLine_HostileArgument_IsEscaped()
    {
        var result = _host.Run("ps", "\e[2J\u202ex");

        Assert.Equal("hyperspector: unexpected argument '\\x1b[2J\\u{202e}x'; see 'hyperspector ps --help'\n", result.Error);
    }

    [Fact]
    public void Environment_HostNameWrong_IsOneLine()
    {
        _host.Set("HYPERSPECTOR_HOST", "a b");

        var result = _host.Run("ps");

        Assert.Equal(
            "hyperspector: HYPERSPECTOR_HOST: host name 'a b' must be 1 to 32 letters, digits or dashes, and begin with a letter\n",
            result.Error);
        Assert.Equal(2, result.Status.ShellCode);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("exec --help")]
    [InlineData("pack build -h")]
    public void Help_Asked_IsOnStandardOutput(string arguments)
    {
        var result = _host.Run(arguments.Split(' '));

        Assert.Contains("Usage:", result.Output, StringComparison.Ordinal);
        Assert.Equal("", result.Error);
        Assert.True(result.Status.Succeeded);
    }

    [Fact]
    public void Version_AskedAsAnOption_IsOurs() =>
        Assert.Equal($"hyperspector {HyperSpector.Api.ProductVersion.Text}\n", _host.Run("--version").Output);

    [Fact]
    public void Prefix_TooLongForASocket_SaysSo()
    {
        var result = _host.Run("--state-prefix", Path.Join(_host.Root, new string('x', 100)), "status");

        Assert.EndsWith("longer than the 107 bytes that a socket's path may have\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(2, result.Status.ShellCode);
    }
}
