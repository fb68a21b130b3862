using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Life;

/// <summary>Commands that a pack runs at intervals: soon, again and again, never two at a time, and tried again soon where they ask for it.</summary>
public class ScheduleTests
{
    [Fact]
    public void ScheduledCommand_RunsAgainAndAgain_NeverTwiceAtATime_AndItsEndsAreLogged()
    {
        using var host = new TestHost();
        var pack = Path.Join(host.Prefix, "packs", "scan");
        _ = Directory.CreateDirectory(Path.Join(pack, "files"));
        // It takes longer than its interval; "busy" would be written by a second one. An hour would never pass: 75 is what brings it back.
        File.WriteAllText(Path.Join(pack, "pack.yaml"), """
            description: Says when it begins and when it ends
            files:
              scan: /opt/scan
              later: /opt/later
            schedule:
              scan: {run: [/opt/scan, "${word}"], every: "${every}"}
              later: {run: [/opt/later], every: 1h}
            outputs:
              - {path: /var/log/scan/lines.log, format: lines}
            options: {every: 1h, word: none}
            """);
        Script("scan", """
            #!/bin/sh
            mkdir /run/scanning || echo busy >> /var/log/scan/lines.log
            echo "begin $1" >> /var/log/scan/lines.log
            sleep 2
            rmdir /run/scanning
            echo end >> /var/log/scan/lines.log
            exit 7
            """);
        Script("later", """
            #!/bin/sh
            echo x >> /run/tries
            [ "$(wc -l < /run/tries)" -gt 3 ] || exit 75
            echo done >> /var/log/scan/lines.log
            """);
        host.Up("""
            environments:
              edge:
                packs: [{name: scan, options: {every: 1s, word: chosen}}]
            """);

        string[] lines = [];
        Eventually.Holds("it has run three times", () =>
            (lines = Lines(host)).Count(l => l == "end") >= 3 && lines.Contains("done"));

        var scans = lines.Where(l => l != "done").ToList();
        Assert.All(scans.Index(), line => Assert.Equal(line.Index % 2 == 0 ? "begin chosen" : "end", line.Item));
        // After its success it waits for its hour.
        Assert.Single(lines, l => l == "done");
        var log = host.Hyperspector("logs", "edge").Output;
        Assert.Contains("scan: ended, exit code 7", log, StringComparison.Ordinal);
        Assert.Contains("later: ended, exit code 75", log, StringComparison.Ordinal);
        Assert.Contains("later: ended, exit code 0", log, StringComparison.Ordinal);
        Assert.Equal("4\n", host.Exec("edge", "/bin/sh", "-c", "wc -l < /run/tries").Output);

        void Script(string name, string text)
        {
            var path = Path.Join(pack, "files", name);
            File.WriteAllText(path, text + "\n");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string[] Lines(TestHost host)
    {
        var output = Directory.EnumerateFiles($"{host.Paths.MachineState("edge")}/outputs", "lines.log", SearchOption.AllDirectories).FirstOrDefault();
        return output is null ? [] : File.ReadAllLines(output);
    }
}
