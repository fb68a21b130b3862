using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Unit.Cli;

/// <summary>Starting a daemon on demand: the program beside a copy of ours is one of the tests' own.</summary>
public sealed class DaemonStartTests : IDisposable
{
    // Writes down how it was started, answers what 'up' and 'down' ask, and ends after a 'down'.
    private const string Daemon = """
        #!/usr/bin/env python3
        import fcntl, http.server, json, os, socketserver, sys, threading, time
        prefix = sys.argv[sys.argv.index("--state-prefix") + 1]
        run = prefix + "/run/hyperspector"
        with open(prefix + "/started", "a") as note:
            note.write(json.dumps({
                "arguments": sys.argv[1:], "directory": os.getcwd(), "leader": os.getsid(0) == os.getpid(),
                "variables": sorted(os.environ), "mode": oct(os.stat(run).st_mode & 0o777),
                "open": [os.readlink("/proc/self/fd/" + n) for n in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + n)],
            }) + "\n")
        if os.path.exists(prefix + "/refuse"):
            print("first complaint", file=sys.stderr)
            sys.exit("hyperspectord: \x1b[31mthe kernel is too old")
        lock = open(run + "/hyperspectord.lock", "w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

        class Answers(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass
            def answer(self, *objects):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"".join(json.dumps(o).encode() + b"\n" for o in objects))
            def do_GET(self):
                self.answer({"version": "1", "host": "default", "pid": os.getpid()} if self.path == "/version" else [])
            def do_PUT(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                if os.path.exists(prefix + "/ending"):
                    os.unlink(prefix + "/ending")
                    os.unlink(run + "/hyperspectord.sock")
                    self.connection.close()
                    time.sleep(1)
                    os._exit(0)
                self.answer({"subject": "host", "step": "end", "state": "finished", "last": True})
            def do_DELETE(self):
                self.answer({"subject": "host", "step": "end", "state": "finished", "last": True})
                # Ends a moment later, as the real one does.
                threading.Timer(0.3, end).start()

        def end():
            os.unlink(run + "/hyperspectord.sock")
            os.unlink(run + "/hyperspectord.lock")
            os._exit(0)

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            def get_request(self):
                return super().get_request()[0], ("", 0)

        Server(run + "/hyperspectord.sock", Answers).serve_forever()
        """;

    private readonly CliHost _host = new();
    private readonly string _program;

    public DaemonStartTests()
    {
        _program = Path.Join(_host.Root, "bin", "hyperspector");
        _ = Directory.CreateDirectory(Path.GetDirectoryName(_program)!);
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            if (Path.GetFileName(file) is var name && (name.StartsWith("hyperspector", StringComparison.Ordinal) || name.EndsWith(".dll", StringComparison.Ordinal)))
                File.Copy(file, Path.Join(_host.Root, "bin", name));
        }

        _ = _host.Write("bin/hyperspectord", Daemon, executable: true);
        _ = _host.Write("hyperspector.yaml", Samples.Site);
    }

    public void Dispose()
    {
        // Whatever a failed test has left running.
        _ = Run("down");
        _host.Dispose();
    }

    [Fact]
    public void Up_NoDaemon_StartsOneThatOwesUsNothing()
    {
        _host.Set("SECRET", "x");
        _host.Set("HYPERSPECTOR_CACHE", "/some/where");

        var result = Run("up", "exec 7< /etc/passwd; ");

        Assert.Equal("", result.Error);
        Assert.True(result.Status.Succeeded);
        var started = Started();
        Assert.Contains($"\"--host\", \"default\", \"--on-demand\", \"--state-prefix\", \"{_host.Root}\"", started, StringComparison.Ordinal);
        Assert.Contains("\"directory\": \"/\"", started, StringComparison.Ordinal);
        Assert.Contains("\"leader\": true", started, StringComparison.Ordinal);
        // Nobody else lists it; whoever is root in a VM may pass through to what is theirs.
        Assert.Matches("\"mode\": \"0o7[01][01]\"", started);
        Assert.Contains("HYPERSPECTOR_CACHE", started, StringComparison.Ordinal);
        Assert.Contains("/hyperspectord.log", started, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", started, StringComparison.Ordinal);
        Assert.DoesNotContain("/etc/passwd", started, StringComparison.Ordinal);
        Assert.DoesNotContain("pipe:", started, StringComparison.Ordinal);
    }

    [Fact]
    public void Up_Twice_StartsOneDaemon()
    {
        _ = Run("up");

        Assert.True(Run("up").Status.Succeeded);
        _ = Assert.Single(File.ReadAllLines(Path.Join(_host.Root, "started")));
    }

    [Fact]
    public void Up_DaemonIsJustEnding_WaitsAndStartsTheNext()
    {
        _ = Run("up");
        _ = _host.Write("ending", "");

        var result = Run("up");

        Assert.Equal("", result.Error);
        Assert.True(result.Status.Succeeded);
        Assert.Equal(2, File.ReadAllLines(Path.Join(_host.Root, "started")).Length);
    }

    [Fact]
    public void Up_TwoAtOnce_ShareOneDaemon()
    {
        var result = _host.Shell($"{_program} up & {_program} up; first=$?; wait $!; echo $first $?");

        Assert.Equal("0 0", result.Output.Trim().Split('\n')[^1]);
    }

    [Fact]
    public void Up_DaemonEndsAtOnce_TellsItsLastWords()
    {
        _ = _host.Write("refuse", "");

        var result = Run("up");

        Assert.Equal(
            "hyperspector: hyperspectord did not start (exit code 1): hyperspectord: \\x1b[31mthe kernel is too old\n", result.Error);
        Assert.Equal(1, result.Status.ShellCode);
        // A second attempt tells of itself, not of the first.
        Assert.Equal(result.Error, Run("up").Error);
    }

    [Fact]
    public void Down_OnDemandDaemon_HasEndedAndLeftNothing()
    {
        Assert.True(Run("up").Status.Succeeded);

        var result = Run("down");

        Assert.Equal("down; nothing is left\n", result.Output);
        Assert.True(result.Status.Succeeded, result.Error);
        Assert.False(Directory.Exists(_host.Paths.Run));
    }

    [Fact]
    public void Down_LeftoversOnly_StartsADaemonToCleanUp()
    {
        _ = _host.Write("var/lib/hyperspector/host.json", "{}");

        var result = Run("down");

        Assert.Equal("down; nothing is left\n", result.Output);
        Assert.Contains("--on-demand", Started(), StringComparison.Ordinal);
    }

    private string Started() => File.ReadAllText(Path.Join(_host.Root, "started"));

    private ToolResult Run(string arguments, string before = "") => _host.Shell($"{before}{_program} {arguments}");
}
