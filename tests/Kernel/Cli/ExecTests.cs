using System.Security.Cryptography;
using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Site;
using HyperSpector.Engine.Machines;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Kit.Daemon;
using HyperSpector.Tests.Kit.Machines;
using Xunit;

namespace HyperSpector.Tests.Kernel.Cli;

/// <summary><c>hyperspector exec</c> into a real VM with the real runtime: only the daemon is not real.</summary>
// One at a time: some compare which processes of VMs there are, and all use the same user ids.
[Collection("machines")]
public sealed class ExecTests : IDisposable
{
    // What a hostile process does with a terminal that it was handed: it types a command into it (TIOCSTI, ioctl_tty(2)).
    private const string Typist = """
        my ($typed, $key) = (0, "x");
        for my $n (0 .. 255) { my $same; open($same, "+<&=", $n) or next; $typed++ if ioctl($same, 0x5412, $key); }
        for my $path ("/dev/tty", map "/proc/self/fd/$_", 0 .. 255) {
          my $again; open($again, "+<", $path) or next; $typed++ if ioctl($again, 0x5412, $key);
        }
        print "typed $typed\n";
        """;

    private readonly ScratchHost _host = new();
    private readonly FakeDaemon _daemon;

    public ExecTests()
    {
        var runtime = Runtime.Probe();
        _ = _host.Create(new MachinePlan
        {
            Name = "web",
            Kind = MachineKind.Server,
            FirstId = ScratchHost.Ids(7),
            Base = new BaseSpec { Host = true },
            Arguments = ["/usr/bin/sleep", "1000"],
        });
        _host.Factory.Start("web");
        _daemon = new FakeDaemon(_host.Paths);
        _daemon.Answer("GET /exec", JsonSerializer.Serialize(
            new ExecTarget(runtime.Program, _host.Paths.RuntimeRoot, _host.Paths.ContainerId("web")), ApiJson.Default.ExecTarget));
        File.WriteAllText(Path.Join(_host.Prefix, "typist.pl"), Typist);
    }

    private static string ProgramPath { get; } = Path.Join(AppContext.BaseDirectory, "hyperspector");

    public void Dispose()
    {
        _daemon.Dispose();
        _host.Dispose();
    }

    [Fact]
    public void Exec_ACommand_RunsInTheVmAndItsCodeIsOurs()
    {
        var result = Shell("$exec web -- sh -c 'hostname; cat; exit 42' < /etc/hostname");

        Assert.Equal($"web\n{File.ReadAllText("/etc/hostname")}", result.Output);
        Assert.Equal("", result.Error);
        Assert.Equal(42, result.Status.ShellCode);
    }

    [Theory]
    [InlineData("nosuchprogram", 127, "hyperspector: web: exec: \"nosuchprogram\": executable file not found in $PATH\n")]
    [InlineData("/etc/hostname", 126, "hyperspector: web: exec: \"/etc/hostname\": permission denied\n")]
    public void Exec_NothingToRun_IsOneLine(string command, int code, string expected)
    {
        var result = Shell($"$exec web -- {command}");

        Assert.Equal(expected, result.Error);
        Assert.Equal(code, result.Status.ShellCode);
    }

    [Fact]
    public void Exec_UserDirectoryAndVariables_AreThoseAsked()
    {
        var result = Shell("$exec -u nobody -w /usr/lib -e 'GREETING=a b' web -- sh -c 'id -un; id -gn; pwd; echo \"$GREETING\"'");

        Assert.Equal("nobody\nnogroup\n/usr/lib\na b\n", result.Output);
    }

    [Fact]
    public void Exec_BinaryDataBothWays_IsIntact()
    {
        var data = RandomNumberGenerator.GetBytes(20_000_000);
        File.WriteAllBytes(Path.Join(_host.Prefix, "data"), data);

        var result = Shell("$exec web -- cat < data > copy; cmp data copy && echo same");

        Assert.Equal("same\n", result.Output);
    }

    [Fact]
    public void Exec_Terminated_TheCommandIsTerminated()
    {
        var result = Shell("$exec web -- sh -c 'trap \"exit 5\" TERM; echo ready; while :; do sleep 0.05; done' > said & "
            + "while ! grep -q ready said; do sleep 0.05; done; kill -TERM $!; wait $!; echo $?");

        Assert.Equal("5\n", result.Output);
    }

    [Fact]
    public void Exec_OnPipesFromATerminal_HandsTheVmNoTerminal()
    {
        // The control: in the base the same program types into the terminal that it has.
        var control = Shell("script -qec 'perl typist.pl' /dev/null");
        Assert.Matches("typed [1-9]", control.Output);

        var result = Shell("script -qec \"$exec -T web -- perl -e '$(cat typist.pl)'\" /dev/null");

        Assert.Contains("typed 0", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_OnATerminal_TheVmTypesOnlyIntoItsOwn()
    {
        // What the VM types would be read by the shell that follows, were it typed into the administrator's terminal.
        var result = Shell("script -qec \"$exec web -- perl -e '$(cat typist.pl)'; read -t 1 -n 1 got; echo \\\"got=[\\$got]\\\"\" /dev/null");

        Assert.Matches("typed [0-9]", result.Output);
        Assert.Contains("got=[]", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_OnATerminal_IsOneOfTheVms()
    {
        // runc sets the size just after it has started the command.
        var result = Shell("script -qec \"tty; stty rows 33 columns 111; $exec web -- sh -c 'tty; until stty size | grep -q 111; do sleep 0.05; done; stty size; ls -l /proc/self/fd; exit 7'\" /dev/null; echo code=$?");

        var lines = result.Output.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Contains("33 111", lines);
        Assert.Contains("code=7", lines);
        // Theirs is the first of their own /dev/pts, whatever the number of ours.
        Assert.EndsWith("/dev/pts/0", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain(lines, l => l.Contains("pipe:", StringComparison.Ordinal) || l.Contains("socket:", StringComparison.Ordinal));
    }

    [Fact]
    public void Exec_OnATerminal_FollowsItsSize()
    {
        var result = Tool.Run("python3", [Path.Join(AppContext.BaseDirectory, "Cli", "resize.py"), ProgramPath, "--state-prefix", _host.Prefix,
            "--host", _host.Paths.Name, "exec", "web", "--", "sh", "-c", "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done"]);

        Assert.Equal("44 155\n", result.Output);
    }

    private ToolResult Shell(string script) => Tool.Run("env",
    [
        "-C", _host.Prefix, "TERM=xterm", $"HYPERSPECTOR_HOST={_host.Paths.Name}", $"HYPERSPECTOR_PREFIX={_host.Prefix}",
        $"exec={ProgramPath} exec", "SHELL=/bin/bash", "bash", "-c", script,
    ], timeout: TimeSpan.FromMinutes(2));
}
