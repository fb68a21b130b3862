using System.Text;
using HyperSpector.Linux.Calls;
using HyperSpector.Tests.Adversary.Attacks;
using HyperSpector.Tests.Adversary.Harness;
using HyperSpector.Tests.Kit.Hosts;
using Xunit;

namespace HyperSpector.Tests.Adversary;

/// <summary>A hostile IDS VM against those who read what it writes: the reader, the daemon, the administrator's terminal (MOD-4).</summary>
public sealed class OutputTests(ProbeHost probe) : IClassFixture<ProbeHost>
{
    private const string Bell = "\u001b]0;pwned\u0007\u001b[2J\u009b31m\u001bP1;1|\u001b\\";

    private static readonly string[] Commands = ["\u001b]0;", "\u0007", "\u001b[2J", "\u009b", "\u001bP"];

    public static TheoryData<string, string> Tricks => new()
    {
        { "link", "ln -s $s $f" },
        { "link-to-proc", "ln -s /proc/1/root$s $f" },
        { "link-that-climbs", "ln -s ../../../../../../../../../..$s $f" },
        { "link-to-own-file", "echo $RANDOM > /root/other; ln -s /root/other $f" },
        { "link-to-itself", "ln -s $f $f" },
        { "fifo", "mkfifo $f" },
        { "directory", "mkdir $f; touch $f/x" },
        { "socket", "python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('$f')\"" },
        { "no-permission", "echo x > $f; chmod 0 $f" },
        { "other-owner", "echo x > $f; chown 12345 $f; chmod 600 $f" },
        { "hard-link", "echo x > $(dirname $f)/other; ln $(dirname $f)/other $f" },
        { "sparse", "truncate -s 1T $f" },
        { "directory-gone", "rm -rf $(dirname $f)/* $(dirname $f)/.[a-z]*; rmdir $(dirname $f) || true" },
        { "flicker", "for i in 1 2 3 4 5 6 7 8 9; do rm -f $f; ln -s $s $f; rm -f $f; echo x > $f; rm -f $f; mkfifo $f; done" },
    };

    [Theory]
    [MemberData(nameof(Tricks))]
    public void Reader_SomethingElseInPlaceOfTheOutput_ReadsNothingAndLives(string trick, string command)
    {
        var read = Naive(trick);
        string[] outputs = [ProbeHost.Lines, ProbeHost.Eve];
        foreach (var output in outputs)
            probe.Shell($"rm -rf \"$f\"; {command}", output);
        // Time for the reader to take the bait.
        Thread.Sleep(1000);
        var lives = probe.StillReads(outputs);
        var leaked = probe.Print("alerts", "--json").Contains(probe.Secret, StringComparison.Ordinal);
        if (read is not null)
        {
            Log(SpecialAttacks.Outputs.Single(a => a.Id == $"output.{trick}"), read,
                leaked ? "the secret became an event" : lives ? "refused: nothing was read, the next file was" : "the reader reads no more", !leaked && lives);
        }

        Assert.False(leaked, "the secret became an event");
        Assert.True(lives, "the reader reads no more");
    }

    public static TheoryData<string> Contents => ["endless-line", "zero-bytes", "not-utf8", "deep", "torn", "wrong-types", "escapes", "huge-numbers"];

    [Theory]
    [MemberData(nameof(Contents))]
    public void Reader_HostileContent_LivesAndReadsOn(string kind)
    {
        var content = kind switch
        {
            "endless-line" => new byte[3 << 20].Select(_ => (byte)'A').ToArray(),
            "zero-bytes" => [.. new byte[100_000], (byte)'\n'],
            "not-utf8" => [.. Enumerable.Range(0, 5000).Select(i => (byte)(128 + (i % 128))), (byte)'\n'],
            "deep" => Encoding.ASCII.GetBytes(new string('[', 200_000) + "\n" + string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "\n"),
            "torn" => Encoding.ASCII.GetBytes("{\"event_type\":\"alert\",\n{\"event_type\":\n}\n\n\"\n"),
            "wrong-types" => Encoding.ASCII.GetBytes("""
                {"timestamp":[],"event_type":"alert","alert":[]}
                {"timestamp":"2026-13-45T99:99:99.000000+9999","event_type":"alert","alert":{"severity":"x","signature":{}}}
                {"timestamp":"9999-12-31T23:59:59.999999-2359","event_type":{"a":1},"alert":null,"src_ip":7}
                [1,2,3]
                "alert"
                null
                """ + "\n"),
            "escapes" => Encoding.UTF8.GetBytes(
                $"{{\"timestamp\":\"2026-01-01T00:00:00.000000+0000\",\"event_type\":\"alert\",\"alert\":{{\"signature\":\"\\u001b]0;pwned\\u0007\\u0000\\ud800\",\"severity\":1}}}}\n{Bell}\n"),
            _ => Encoding.ASCII.GetBytes(
                "{\"timestamp\":\"2026-01-01T00:00:00.000000+0000\",\"event_type\":\"alert\",\"alert\":{\"severity\":1e999,\"signature_id\":"
                + new string('9', 5000) + ",\"signature\":\"n\"}}\n"),
        };
        var tokens = new List<string>();
        foreach (var output in new[] { ProbeHost.Lines, ProbeHost.Eve })
        {
            probe.Shell("rm -rf \"$f\"", output);
            probe.Write(output, content, append: false);
            // The same file goes on properly: what follows hostile bytes must be read, too.
            var token = Scene.NewToken();
            probe.Write(output, Encoding.ASCII.GetBytes($"\n{ProbeHost.Line(output, token)}\n"), append: true);
            tokens.Add(token);
        }

        Assert.True(probe.Arrive(tokens), $"nothing arrives after {kind}");
    }

    [Fact]
    public void Reader_LineOf100MiB_LivesInBoundedMemoryAndReadsOn()
    {
        const int size = 100 << 20;
        var naive = Tool.RunChecked("sh", ["-c", $"head -c {size} /dev/zero | tr '\\0' A | python3 -c 'import sys; print(len(sys.stdin.readline()))'"]).Trim();
        foreach (var output in new[] { ProbeHost.Lines, ProbeHost.Eve })
            probe.Shell($"rm -rf \"$f\"; head -c {size} /dev/zero | tr '\\0' A > \"$f\"", output);
        var tokens = new[] { ProbeHost.Lines, ProbeHost.Eve }.Select(output =>
        {
            var token = Scene.NewToken();
            probe.Write(output, Encoding.ASCII.GetBytes($"\n{ProbeHost.Line(output, token)}\n"), append: true);
            return token;
        }).ToList();
        var lives = probe.Arrive(tokens);
        var memory = probe.ReaderMemory();
        var held = lives && memory < size;
        Log(SpecialAttacks.EndlessLine, new Outcome(naive == $"{size}" ? "succeeded" : "failed", $"a plain reader holds {naive} bytes", null),
            $"{(held ? "refused" : "harmed")}: what follows is read: {lives}; the reader's memory: {memory >> 20} MiB", held);
        Assert.True(lives, "nothing arrives after a line of 100 MiB");
        Assert.True(held, $"the reader took {memory} bytes");
        foreach (var output in new[] { ProbeHost.Lines, ProbeHost.Eve })
            probe.Shell("rm -f \"$f\"", output);
    }

    [Fact]
    public void Reader_HostileNamesBesideTheOutputs_LivesAndNamesCommandNoTerminal()
    {
        // Names that end a line, command a terminal, look like rotated outputs, lead elsewhere, are as long as can be, and thousands.
        const string program = """
            import os, sys
            directory, output = os.path.split(sys.argv[1])
            names = [b"\x1b]0;pwned\x07\x1b[2J", b"new\nline", b"-rf", b"*", b"\xff\xfe", b"A" * 255, b"\xc2\x9b31m",
                     output.encode() + b".1", output.encode() + b".1\n", output.encode() + b".\x1b[2J", output.encode() + b"-99999999999999999999"]
            names += [b"%s.%d" % (output.encode(), n) for n in range(5000)]
            for name in names:
                with open(os.path.join(directory.encode(), name), "wb") as file:
                    file.write(name + b"\n")
            """;
        var naive = Directory.CreateTempSubdirectory("hyperspector-names").FullName;
        _ = Tool.RunChecked("/usr/bin/python3", ["-", $"{naive}/out"], program);
        var shown = Tool.RunChecked("find", [naive, "-name", "*pwned*", "-printf", "%f"]);
        // .NET cannot name what is not UTF-8.
        _ = Tool.RunChecked("rm", ["-rf", "--", naive]);
        string[] outputs = [ProbeHost.Lines, ProbeHost.Eve];
        foreach (var output in outputs)
        {
            var made = probe.Host.Exec(ProbeHost.Ids, ["/usr/bin/python3", "-", output], program, TestHost.CommandLimit);
            Assert.True(made.Status.Succeeded, made.ToString());
        }

        var lives = probe.StillReads(outputs);
        var text = string.Concat(((string[][])[["alerts"], ["alerts", "--json"], ["logs"], ["status"], ["ps"]]).Select(a => probe.PrintOnTerminal(a)));
        var raw = Commands.Where(c => text.Contains(c, StringComparison.Ordinal)).ToList();
        Log(SpecialAttacks.Names, new Outcome(shown.Contains('\u001b', StringComparison.Ordinal) ? "succeeded" : "failed", "find hands them on", null),
            raw.Count > 0 ? "control characters came through" : lives ? "refused: escaped or passed over, and the output is read" : "the reader reads no more",
            lives && raw.Count == 0);
        foreach (var output in outputs)
            probe.Shell("rm -rf \"$(dirname \"$f\")\"/* || true", output);
        Assert.True(lives, "the reader reads no more");
        Assert.Empty(raw);
    }

    /// <summary>A taken IDS VM makes alerts as fast as it can; another environment's arrive meanwhile. (What is kept has a bound: unit tests of the spool.)</summary>
    [Fact]
    public void Spool_FloodedWithAlerts_OthersAreHeard()
    {
        const int count = 5_000;
        var line = ProbeHost.Line(ProbeHost.Eve, "flood").Replace("\"category\":\"\"", $"\"category\":\"{new string('x', 600)}\"", StringComparison.Ordinal);
        probe.Write("/tmp/line", Encoding.ASCII.GetBytes(line + "\n"), append: false);
        var token = Scene.NewToken();
        var last = Scene.NewToken();
        probe.Shell($"rm -f \"$f\"; for i in $(seq 100); do cat /tmp/line; done > /tmp/hundred; for i in $(seq {count / 100}); do cat /tmp/hundred; done > \"$f\"", ProbeHost.Eve);
        probe.Write(ProbeHost.Lines, Encoding.ASCII.GetBytes(token + "\n"), append: false, ProbeHost.Other);
        var heard = probe.Arrive([token]);
        probe.Write(ProbeHost.Eve, Encoding.ASCII.GetBytes(ProbeHost.Line(ProbeHost.Eve, last) + "\n"), append: true);
        var lives = probe.Arrive([last]);
        var flooded = probe.Host.Hyperspector("alerts", "--json").Output.Split('\n').Count(l => l.Contains("\"flood\"", StringComparison.Ordinal));
        Log(SpecialAttacks.Spool, new Outcome(flooded >= count ? "succeeded" : "failed", $"{flooded} alerts were recorded", null),
            $"{(heard && lives ? "refused" : "harmed")}: the other environment is heard: {heard}; this one afterwards: {lives}", heard && lives);
        Assert.True(heard, "another environment's alert does not arrive");
        Assert.True(lives, "what follows the flood does not arrive");
        Assert.True(flooded >= count, $"only {flooded} of {count} alerts were recorded: nothing was flooded");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Terminal_ControlCharactersOfAVm_AreEscaped(bool terminal)
    {
        var token = Scene.NewToken();
        probe.Shell("rm -rf \"$f\"", ProbeHost.Lines);
        probe.Write(ProbeHost.Lines, Encoding.UTF8.GetBytes($"{Bell}{token}\n"), append: false);
        probe.Write("/tmp/bell", Encoding.UTF8.GetBytes($"{Bell}{token}\n"), append: false);
        // To the standard output of the VM's first process: its log.
        probe.Shell("cat /tmp/bell > /proc/1/fd/1", ProbeHost.Lines);
        Assert.True(probe.Arrive([token]));
        foreach (var command in (string[])["alerts", "logs"])
        {
            string[] arguments = command == "logs" ? ["logs", ProbeHost.Ids] : ["alerts"];
            var text = Await(() => terminal ? probe.PrintOnTerminal(arguments) : probe.Print(arguments), token);
            var native = Tool.RunChecked("printf", ["%s", Bell]);
            var raw = Commands.Where(s => text.Contains(s, StringComparison.Ordinal)).ToList();
            Log(command == "alerts" ? SpecialAttacks.Alerts : SpecialAttacks.Logs,
                new Outcome(native.Contains('\u001b', StringComparison.Ordinal) ? "succeeded" : "failed", "printf hands them on", null),
                raw.Count == 0 ? "refused: escaped" : "control characters came through", raw.Count == 0);
            Assert.Contains(token, text, StringComparison.Ordinal);
            Assert.Empty(raw);
        }
    }

    private static string Await(Func<string> print, string token)
    {
        var text = print();
        for (var i = 0; i < 40 && !text.Contains(token, StringComparison.Ordinal); i++)
        {
            Thread.Sleep(250);
            text = print();
        }

        return text;
    }

    /// <summary>What harm the trick does to a reader that opens the file as any program would; null for none: a test, but no attack.</summary>
    private Outcome? Naive(string trick)
    {
        var directory = Directory.CreateTempSubdirectory("hyperspector-naive").FullName;
        try
        {
            var command = Tricks.Single(t => t.Data.Item1 == trick).Data.Item2
                .Replace("/root/other", $"{directory}/other", StringComparison.Ordinal).Replace("/proc/1/", "/proc/self/", StringComparison.Ordinal);
            _ = Tool.Run("bash", ["-c", $"mkdir {directory}/log; f={directory}/log/out; s={probe.SecretFile}; {command}"]);
            var reading = Tool.Run("timeout", ["1", "head", "-c", "4096", $"{directory}/log/out"]);
            return reading.Status.Code == 124 ? new Outcome("succeeded", "the reader hangs", null)
                : reading.Output.Contains(probe.Secret, StringComparison.Ordinal) ? new Outcome("succeeded", "the reader reads the secret", null)
                : null;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Log(Harness.Attack attack, Outcome native, string result, bool held) =>
        AttackLog.Write(attack, ProbeHost.Ids, native, result, native.Word != "succeeded" ? "unproven" : held ? "held" : "broken");
}
