using System.Security.Cryptography;
using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

/// <summary>
/// <c>exec</c> with a runtime of the tests' own, which shows what it was given. What the real one does with it, and what a process
/// in a VM gets to see, is tested in tests/Kernel.
/// </summary>
public sealed class ExecTests : IDisposable
{
    private const int SIGINT = 2;

    // Understands just as much of runc's exec as it needs to run the command right here.
    private const string Runtime = """
        #!/usr/bin/env bash
        printf '%s\n' "$@" > "$(dirname "$0")/arguments"
        ls -l /proc/self/fd > "$(dirname "$0")/descriptors"
        while [[ $1 != exec ]]; do
          [[ $1 != --log ]] || log=$2
          shift
        done
        shift
        while [[ $1 == --* ]]; do
          if [[ $1 == --tty ]]; then shift; else shift 2; fi
        done
        shift
        if [[ $1 == missing ]]; then
          message='exec failed: unable to start container process: exec: "missing": executable file not found in $PATH'
          printf '{"level":"error","msg":"%s","time":"now"}\n' "${message//\"/\\\"}" > "$log"
          echo "$message" >&2
          exit 255
        fi
        exec "$@"
        """;

    private readonly CliHost _host = new();

    public ExecTests()
    {
        var runtime = _host.Write("runtime", Runtime, executable: true);
        _host.Daemon.Answer(
            "GET /exec?machine=web", $$"""{"runtime":"{{runtime}}","root":"/run/x","containerId":"hyperspector-default-web"}""");
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Exec_Options_ReachTheRuntime()
    {
        var result = _host.Run("exec", "-u", "33:34", "-w", "/srv", "-e", "A=1", "-e", "B=x y", "web", "--", "true", "--", "-x", "@y", "[suggest]");

        Assert.True(result.Status.Succeeded, result.Error);
        var arguments = File.ReadAllLines(Path.Join(_host.Root, "arguments"));
        Assert.Equal(["--root", "/run/x", "--log"], arguments[..3]);
        Assert.Matches(@"^/proc/\d+/fd/\d+$", arguments[3]);
        Assert.Equal(
            [
                "--log-format", "json", "exec", "--cwd", "/srv", "--user", "33:34", "--env", "A=1", "--env", "B=x y",
                "hyperspector-default-web", "true", "--", "-x", "@y", "[suggest]",
            ],
            arguments[4..]);
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("exit 255", 255)]
    [InlineData("kill -9 $$", 137)]
    [InlineData("kill -15 $$", 143)]
    public void Exec_CommandEnds_IsItsExitCode(string script, int code)
    {
        var result = _host.Run("exec", "web", "--", "sh", "-c", script);

        Assert.Equal(code, result.Status.ShellCode);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public void Exec_NoSuchProgram_IsOneLineAnd127()
    {
        var result = _host.Run("exec", "web", "--", "missing");

        Assert.Equal("hyperspector: web: exec: \"missing\": executable file not found in $PATH\n", result.Error);
        Assert.Equal(127, result.Status.ShellCode);
    }

    [Theory]
    [InlineData("exec failed: not really")]
    [InlineData("exec")]
    [InlineData("plain")]
    public void Exec_CommandsOwnErrorText_ArrivesWhole(string text)
    {
        var result = _host.Run("exec", "web", "--", "sh", "-c", $"printf %s '{text}' >&2; sleep 0.3; echo ' and more' >&2; exit 255");

        Assert.Equal($"{text} and more\n", result.Error);
        Assert.Equal(255, result.Status.ShellCode);
        Assert.Equal(text, _host.Run("exec", "web", "--", "sh", "-c", $"printf %s '{text}' >&2").Error);
    }

    [Fact]
    public void Exec_LargeBinaryData_ComesBackIntact()
    {
        var data = RandomNumberGenerator.GetBytes(3_000_000);
        _ = _host.Write("nothing", "");
        File.WriteAllBytes(Path.Join(_host.Root, "data"), data);

        var result = _host.Shell("\"$hyperspector\" exec web -- cat < data > copy; echo $?");

        Assert.Equal("0\n", result.Output);
        Assert.Equal(data, File.ReadAllBytes(Path.Join(_host.Root, "copy")));
    }

    [Fact]
    public void Exec_InputEnds_TheCommandSeesItsEnd()
    {
        // wc speaks only after the end of its input, and into a pipe that must still be open then.
        Assert.Equal("5\n", _host.RunWith("hello", "exec", "web", "--", "wc", "-c").Output);
    }

    [Fact]
    public void Exec_NoInput_LeavesOursAlone()
    {
        var result = _host.Shell("printf 'a\\nb\\n' | while read -r x; do \"$hyperspector\" exec -n web -- sh -c \"cat; echo $x\"; done");

        Assert.Equal("a\nb\n", result.Output);
    }

    [Fact]
    public void Exec_CommandEndsWhileInputStaysOpen_IsNotKeptWaiting()
    {
        var result = _host.Shell("mkfifo open; sleep 30 > open & \"$hyperspector\" exec web -- sh -c 'exit 3' < open; echo $?; kill $!");

        Assert.StartsWith("3\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_WhoReadsHasSeenEnough_TheCommandGetsSigpipe()
    {
        var result = _host.Shell("\"$hyperspector\" exec web -- sh -c 'yes; echo $? > ended' | head -c 2; echo \"${PIPESTATUS[0]}\"; sleep 0.2; cat ended");

        Assert.Equal("y\n", result.Output[..2]);
        Assert.EndsWith("141\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_ProcessStaysBehindWithThePipe_IsNotWaitedFor()
    {
        var result = _host.Run("exec", "web", "--", "sh", "-c", "sleep 5 & echo begun");

        Assert.Equal("begun\n", result.Output);
        Assert.True(result.Status.Succeeded);
    }

    [Fact]
    public void Exec_OnPipes_HandsOnNoDescriptorOfOurs()
    {
        // The script that calls us has things open that are not for the VM.
        var result = _host.Shell("exec 7< /etc/passwd 9> lock; \"$hyperspector\" exec web -- true");

        Assert.True(result.Status.Succeeded, result.Error);
        var open = File.ReadAllLines(Path.Join(_host.Root, "descriptors")).Where(l => l.Contains(" -> ", StringComparison.Ordinal)).ToList();
        // The runtime's own redirection of ls is descriptor 1; 3 is the directory that ls reads.
        Assert.Contains(open, l => l.Contains(" 0 -> pipe:", StringComparison.Ordinal));
        Assert.Contains(open, l => l.Contains(" 2 -> pipe:", StringComparison.Ordinal));
        Assert.DoesNotContain(open, l => l.Contains("passwd", StringComparison.Ordinal) || l.Contains("lock", StringComparison.Ordinal));
        Assert.DoesNotContain(open, l => l.Contains("/dev/pts", StringComparison.Ordinal) || l.Contains("/dev/tty", StringComparison.Ordinal));
    }

    [Fact]
    public void Exec_WithoutTtyOnATerminal_EscapesWhatItPrintsThere()
    {
        _ = _host.Write("bytes", "\e]0;owned\a\u009b\u202e\tok\r\nlast");

        var result = _host.OnTerminal("exec -T web -- cat bytes");

        // The terminal itself makes \n into \r\n.
        Assert.Contains("\\x1b]0;owned\\x07\\u{9b}\\u{202e}\tok\r\nlast", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\e]0;", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_TerminalsBothEnds_AsksTheRuntimeForOne()
    {
        var result = _host.OnTerminal("exec web -- true");

        Assert.True(result.Status.Succeeded, result.Output);
        var arguments = File.ReadAllLines(Path.Join(_host.Root, "arguments"));
        Assert.Contains("--tty", arguments);
        Assert.Contains("TERM=xterm", arguments);
    }

    [Fact]
    public void Exec_RuntimeLeavesTheTerminalRaw_ItIsPutBack()
    {
        var result = _host.Shell("script -qec \"stty -g; $hyperspector exec web -- stty raw -echo; stty -g\" /dev/null < /dev/null");

        var settings = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(2, settings.Length);
        Assert.Equal(settings[0], settings[1]);
    }

    [Fact]
    public void Exec_Interrupted_TheCommandGetsTheSignal()
    {
        using var exec = _host.Start("exec", "web", "--", "sh", "-c", "trap 'echo got > got; exit 9' INT; echo > ready; while :; do sleep 0.05; done");
        var ready = Path.Join(_host.Root, "ready");
        for (var i = 0; i < 400 && !File.Exists(ready); i++)
            Thread.Sleep(25);

        Assert.True(exec.PidFd.Signal(SIGINT));

        Assert.Equal(9, exec.Wait(TimeSpan.FromSeconds(20))!.Value.ShellCode);
        Assert.True(File.Exists(Path.Join(_host.Root, "got")));
    }

    [Theory]
    [InlineData("nobody-here", "there is no user 'nobody-here' in 'web'")]
    [InlineData("root:nogroup-here", "there is no group 'nogroup-here' in 'web'")]
    public void Exec_UnknownUser_SaysSo(string user, string expected)
    {
        var result = _host.Run("exec", "-u", user, "web", "--", "id");

        Assert.Equal($"hyperspector: {expected}\n", result.Error);
        Assert.Equal(1, result.Status.ShellCode);
    }

    [Theory]
    [InlineData("root", "0:0")]
    [InlineData("root:1", "0:1")]
    [InlineData("root:root", "0:0")]
    [InlineData("4000000", "4000000:0")]
    public void Exec_UserByName_BecomesNumbersOfTheVm(string user, string expected)
    {
        var result = _host.Run("exec", "-u", user, "web", "--", "true");

        Assert.True(result.Status.Succeeded, result.Error);
        var arguments = File.ReadAllLines(Path.Join(_host.Root, "arguments"));
        Assert.Equal(expected, arguments[Array.IndexOf(arguments, "--user") + 1]);
    }

    [Fact]
    public void Exec_UnknownMachine_SuggestsTheNearest()
    {
        _host.Daemon.Answer("GET /machines", Samples.Json(Samples.Web, Samples.Edge));
        _host.Daemon.Answer("GET /exec", "{\"error\":\"there is no VM 'edgy'\"}", 404);

        var result = _host.Run("exec", "edgy", "--", "true");

        Assert.Equal("hyperspector: there is no VM 'edgy'; did you mean 'edge'?\n", result.Error);
        Assert.Equal(1, result.Status.ShellCode);
    }

    [Fact]
    public void Exec_MachineStopped_IsToldInTheDaemonsWords()
    {
        _host.Daemon.Answer("GET /machines", Samples.Json(Samples.Web with { State = "stopped" }));
        _host.Daemon.Answer("GET /exec?machine=web", "{\"error\":\"'web' is not running; see 'hyperspector ps'\"}", 404);

        Assert.Equal("hyperspector: 'web' is not running; see 'hyperspector ps'\n", _host.Run("exec", "web", "--", "true").Error);
    }
}
