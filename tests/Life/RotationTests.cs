using System.Globalization;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>An IDS's own output does not grow for ever, and rotating it costs no event and doubles none.</summary>
public class RotationTests
{
    private const int Lines = 32_000;

    [Fact]
    public void Output_BeyondItsLimit_IsRotatedWithoutLosingOrDoublingALine()
    {
        using var host = new TestHost();
        var pack = Path.Join(host.Prefix, "packs", "writer");
        _ = Directory.CreateDirectory(Path.Join(pack, "files"));
        // 130 bytes a line: four times the limit. It holds its file open, as an IDS does, and opens it anew at SIGHUP only.
        File.WriteAllText(Path.Join(pack, "pack.yaml"), """
            description: Writes numbered lines into a file that it holds open
            files:
              write.py: /opt/write.py
            run:
              write: [/usr/bin/python3, /opt/write.py]
            outputs:
              - path: /var/log/writer/lines.log
                format: lines
                reopen: HUP
                limit: 1
            """);
        File.WriteAllText(Path.Join(pack, "files", "write.py"), $$"""
            import signal, time
            path = "/var/log/writer/lines.log"
            out = open(path, "a")
            again = False
            def reopen(*_):
                global again
                again = True
            signal.signal(signal.SIGHUP, reopen)
            for n in range(1, {{Lines}} + 1):
                if again:
                    again = False
                    out.close()
                    out = open(path, "a")
                out.write(("number %d " % n).ljust(129, ".") + "\n")
                out.flush()
                if n % 50 == 0: time.sleep(0.03)
            while True: time.sleep(60)
            """);
        host.Up("""
            environments:
              edge:
                packs: [writer]
            """);

        List<int> numbers = [];
        Eventually.Holds("every line is an event", () => (numbers = Numbers(host)).Count >= Lines);

        Assert.Equal(Enumerable.Range(1, Lines), numbers);
        var files = Directory.GetFiles($"{host.Paths.MachineState("edge")}/outputs", "lines.log*", SearchOption.AllDirectories);
        // The file itself and the two that are kept for a reader that is behind; each may pass its limit by what is written in a second.
        Assert.Equal(3, files.Length);
        Assert.Equal("", Alerts(host, "grep '\"kind\":\"reader\"'"));
    }

    private static List<int> Numbers(TestHost host) =>
    [
        .. Alerts(host, "sed -n 's/.*\"summary\":\"number \\([0-9]*\\).*/\\1/p'").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(n => int.Parse(n, CultureInfo.InvariantCulture)),
    ];

    // They are more than a tool's output may have.
    private static string Alerts(TestHost host, string filter) =>
        host.InBase(["sh", "-c", $"\"$@\" | {filter}", "alerts", .. host.Command(["alerts", "--json"])]).Output;
}
